// A sheet to write on: strokes with undo and redo, drawn with pen, finger or mouse.

const REACH = 12; // CSS pixels around the eraser

export class Pad {
  constructor(canvas, onChange) {
    this.canvas = canvas;
    this.onChange = onChange;
    this.strokes = [];
    this.past = [];
    this.future = [];
    this.current = null;
    this.erasing = false;
    this.width = 4;
    canvas.addEventListener("pointerdown", (event) => this.begin(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const kind of ["pointerup", "pointercancel"]) canvas.addEventListener(kind, (event) => this.end(event));
    new ResizeObserver(() => this.resize()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  get empty() { return this.strokes.length === 0; }
  get points() { return this.strokes.map((stroke) => stroke.points); }

  begin(event) {
    if (this.current || (event.pointerType === "mouse" && event.button !== 0)) return;
    event.preventDefault();
    this.canvas.setPointerCapture(event.pointerId);
    this.current = { id: event.pointerId, before: this.strokes, stroke: { points: [], width: this.width } };
    if (!this.erasing) this.strokes = [...this.strokes, this.current.stroke];
    this.move(event);
  }

  move(event) {
    if (!this.current || event.pointerId !== this.current.id) return;
    const box = this.canvas.getBoundingClientRect();
    const events = event.getCoalescedEvents?.() ?? [];
    for (const one of events.length ? events : [event]) {
      const point = [round(one.clientX - box.left), round(one.clientY - box.top)];
      if (this.erasing) this.strokes = this.strokes.filter((stroke) => !touches(stroke, point));
      else {
        const last = this.current.stroke.points.at(-1);
        if (!last || last[0] !== point[0] || last[1] !== point[1]) this.current.stroke.points.push(point);
      }
    }
    this.draw();
  }

  end(event) {
    if (!this.current || event.pointerId !== this.current.id) return;
    const { before } = this.current;
    this.current = null;
    if (this.strokes.length !== before.length) this.did(before);
  }

  did(before) {
    this.past.push(before);
    this.future = [];
    this.changed();
  }

  undo() { this.step(this.past, this.future); }
  redo() { this.step(this.future, this.past); }

  step(from, to) {
    if (!from.length) return;
    to.push(this.strokes);
    this.strokes = from.pop();
    this.changed();
  }

  clear() {
    if (this.empty) return;
    const before = this.strokes;
    this.strokes = [];
    this.did(before);
  }

  changed() {
    this.draw();
    this.onChange();
  }

  resize() {
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(this.canvas.clientWidth * ratio);
    this.canvas.height = Math.round(this.canvas.clientHeight * ratio);
    this.draw();
  }

  draw() {
    const context = this.canvas.getContext("2d");
    const ratio = window.devicePixelRatio || 1;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.strokeStyle = context.fillStyle = getComputedStyle(this.canvas).color;
    context.lineCap = context.lineJoin = "round";
    for (const { points, width } of this.strokes) {
      context.lineWidth = width;
      context.beginPath();
      if (points.length < 3) {
        const [x, y] = points[0];
        context.arc(x, y, width / 2, 0, 2 * Math.PI);
        context.fill();
        if (points.length === 1) continue;
        context.beginPath();
      }
      context.moveTo(...points[0]);
      for (let i = 1; i < points.length - 1; i++) {
        const [x, y] = points[i];
        context.quadraticCurveTo(x, y, (x + points[i + 1][0]) / 2, (y + points[i + 1][1]) / 2);
      }
      context.lineTo(...points.at(-1));
      context.stroke();
    }
  }
}

function round(value) { return Math.round(value * 10) / 10; }

function touches({ points }, [x, y]) {
  return points.some((point, i) => {
    const [ax, ay] = point;
    const [bx, by] = points[Math.max(0, i - 1)];
    const length = (bx - ax) ** 2 + (by - ay) ** 2;
    const along = length ? Math.max(0, Math.min(1, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length)) : 0;
    return Math.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay)) < REACH;
  });
}
