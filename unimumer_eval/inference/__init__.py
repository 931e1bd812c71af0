"""From samples to answers: what is asked, in which order, and what is kept on disk."""
