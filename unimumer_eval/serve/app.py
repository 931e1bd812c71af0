"""The routes of the server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response, StreamingResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from unimumer_data import __version__
from unimumer_data.errors import EngineError, LatexSyntaxError, UniMumerError
from unimumer_data.latex import canonical
from unimumer_data.sources import collected
from unimumer_eval.config import Sampling
from unimumer_eval.recognize.inputs import read_source
from unimumer_eval.recognize.recognizer import ASKED, Query, Recognizer
from unimumer_eval.recognize.result import Recognition, records_form

from . import answers, mathpix, openai_api
from .bodies import BadRequest, KeepBody, LatexBody, RecognizeBody, decode_picture, read_form, read_object
from .dispatcher import Dispatcher, QueueFull
from .guard import error_body
from .metrics import Metrics
from .settings import ServeConfig

ASSETS = Path(str(files("unimumer_eval.serve"))) / "assets"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
DOCS = ("/docs", "/openapi.json")


class Unanswered(Exception):
    """A question without an answer: HTTP status and message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def create_app(config: ServeConfig, recognizer: Recognizer | None = None) -> FastAPI:
    """The application; the model is loaded when it starts.

    Args:
        config: settings.
        recognizer: asked instead of one that ``config`` describes.
    """
    service = Service(config, recognizer or Recognizer.of(config, alternatives=config.likely))

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(service.dispatcher.start)
        yield
        await asyncio.to_thread(service.dispatcher.stop)

    app = FastAPI(title="unimumer", version=__version__, lifespan=life, redoc_url=None, docs_url=None)
    app.state.service = service
    _add_errors(app)
    _add_routes(app, service)
    app.mount("/assets", StaticFiles(directory=ASSETS), name="assets")

    @app.middleware("http")
    async def watch(request: Request, call: Callable[[Request], Awaitable[Response]]) -> Response:
        begun = time.monotonic()
        response = await call(request)
        route = request.scope.get("route")
        path = getattr(route, "path", "other")
        service.metrics.request(path, response.status_code, time.monotonic() - begun)
        response.headers.update(HEADERS)
        return response

    return app


class Service:
    """What the routes share."""

    def __init__(self, config: ServeConfig, recognizer: Recognizer) -> None:
        self.config = config
        self.dispatcher = Dispatcher(
            recognizer, limit=config.queue, batch=config.max_batch, notice=lambda *batch: self.metrics.batch(*batch)
        )
        self.metrics = Metrics(lambda: self.dispatcher.waiting)

    @property
    def model(self) -> str:
        """The name of who answers, without the folders that it is in."""
        config = self.config
        return config.engine.rpartition(":")[2] if ":" in config.engine else Path(config.model or "").name

    async def answer(self, query: Query, sampling: Sampling | None = None) -> Recognition:
        """The result of a query.

        Raises:
            Unanswered: with the status to give.
        """
        try:
            future = self.dispatcher.submit(query, sampling)
            result = await asyncio.wait_for(asyncio.wrap_future(future), self.config.answer_timeout)
        except QueueFull:
            raise Unanswered(429, "too many requests wait already; try again in a moment") from None
        except TimeoutError:
            raise Unanswered(504, f"no answer within {self.config.answer_timeout:g} s") from None
        except EngineError as error:
            raise Unanswered(503, str(error)) from error
        if result.failure is not None:
            raise Unanswered(422, result.failure)
        return result

    def info(self) -> dict[str, Any]:
        """What the page must know of the model."""
        config = self.config
        free = not config.engine.startswith("python:")  # a model that understands instructions
        kept, corrected = collected.counts(config.collect) if config.collect else (0, 0)
        return {
            "model": self.model,
            "engine": config.engine.partition(":")[0],
            "note": config.note,
            "tasks": list(ASKED) if free else ["vanilla"],
            "continues": free,
            "keeps": config.collect is not None,
            "kept": kept,
            "corrected": corrected,
            "version": __version__,
        }

    def keep(self, body: KeepBody) -> dict[str, Any]:
        """Keep a sample.

        Raises:
            BadRequest: this server keeps none.
            LatexSyntaxError, ImageError, InkError: it cannot be used for training.
            OutputError: it cannot be written.
        """
        if self.config.collect is None:
            raise BadRequest("this server keeps nothing; start it with collect=FOLDER")
        latex = canonical(body.latex)
        if not latex:
            raise LatexSyntaxError("the formula is empty", reason="empty_label")
        picture, ink = read_source(body.source(), "sample", max_pixels=self.config.image_max_pixels)
        sample = collected.Kept(
            latex=latex,
            said=records_form(body.said)[0],
            model=self.model,
            writer=" ".join(body.writer.split()),
            ink=ink,
            picture=None if ink else picture,
        )
        path = collected.keep(self.config.collect, sample)
        kept, corrected = collected.counts(self.config.collect)
        return {"id": path.stem, "kept": kept, "corrected": corrected}


def _add_errors(app: FastAPI) -> None:
    def response(status: int, message: str) -> JSONResponse:
        headers = {"Retry-After": "1"} if status == 429 else None
        return JSONResponse(error_body(status, message), status_code=status, headers=headers)

    @app.exception_handler(Unanswered)
    async def unanswered(_: Request, error: Unanswered) -> JSONResponse:
        return response(error.status, str(error))

    @app.exception_handler(UniMumerError)
    async def refused(_: Request, error: UniMumerError) -> JSONResponse:
        status = 400 if isinstance(error, BadRequest) else 507 if error.reason == "output" else 422
        return response(status, str(error))

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        parts = [f"{'.'.join(map(str, one['loc'][1:])) or 'body'}: {one['msg']}" for one in error.errors()]
        return response(422, "; ".join(parts)[:500])

    @app.exception_handler(HTTPException)
    async def http(_: Request, error: HTTPException) -> JSONResponse:
        return response(error.status_code, str(error.detail))


def _add_routes(app: FastAPI, service: Service) -> None:  # noqa: C901 - a function for each route

    @app.get("/", include_in_schema=False)
    async def page() -> Response:
        return Response((ASSETS / "index.html").read_bytes(), media_type="text/html")

    @app.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        return Response((ASSETS / "docs.html").read_bytes(), media_type="text/html")

    @app.get("/health")
    async def health() -> JSONResponse:
        broken = service.dispatcher.broken
        return JSONResponse({"status": broken or "ok", "waiting": service.dispatcher.waiting}, 503 if broken else 200)

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(service.metrics.text(), media_type="text/plain; version=0.0.4")

    @app.get("/v1/info")
    async def info() -> dict[str, Any]:
        return await asyncio.to_thread(service.info)

    @app.get("/v1/models")
    async def list_models() -> dict[str, Any]:
        return openai_api.models(service.model)

    @app.post("/v1/recognize")
    async def recognize(body: RecognizeBody) -> dict[str, Any]:
        query = Query(source=body.source(), name=body.name or "picture", task=body.task, prefix=body.prefix)
        result = await service.answer(query)
        return await asyncio.to_thread(answers.recognition, result, list(body.include))

    @app.post("/v1/recognize/file")
    async def recognize_file(request: Request) -> dict[str, Any]:
        data, fields = await read_form(request)
        task = fields.get("task") or None
        if task is not None and task not in ASKED:
            raise BadRequest(f"task must be one of {', '.join(ASKED)}")
        return (await service.answer(Query(source=data, name=fields.get("name") or "file", task=task))).to_dict()

    @app.post("/v1/formula")
    async def formula(body: LatexBody) -> dict[str, Any]:
        latex = canonical(body.latex)
        return {"latex": latex, "drawing": answers.drawing(latex), "copies": answers.copies(latex)}

    @app.post("/v1/keep")
    async def keep(body: KeepBody) -> dict[str, Any]:
        return await asyncio.to_thread(service.keep, body)

    @app.post("/v1/chat/completions")
    async def chat(request: Request) -> Response:
        body = await _json(request)
        query, sampling = openai_api.read_chat(body, service.dispatcher.sampling)
        answer = openai_api.completion(await service.answer(query, sampling), service.model)
        if body.get("stream"):
            return StreamingResponse(openai_api.events(answer), media_type="text/event-stream")
        return JSONResponse(answer)

    @app.post("/v3/text")
    async def text(request: Request) -> dict[str, Any]:
        if request.headers.get("content-type", "").startswith("multipart/form-data"):
            source, fields = await read_form(request)
            options = mathpix.read_options(fields.get("options_json", ""))
        else:
            options = await _json(request)
            source = decode_picture(str(options.get("src") or ""))
        return mathpix.answer(await service.answer(Query(source=source, name="src")), options)

    @app.post("/v3/strokes")
    async def strokes(request: Request) -> dict[str, Any]:
        options = await _json(request)
        ink = mathpix.read_strokes(options)
        return mathpix.answer(await service.answer(Query(source=ink, name="strokes")), options)


async def _json(request: Request) -> dict[str, Any]:
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise BadRequest("send JSON, with Content-Type: application/json")
    return read_object(await request.body(), "the request")
