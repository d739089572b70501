"""A small real server of the chat protocol of OpenAI around a model: greedy or sampled, one conversation at a time."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from trainer_client.answers.decoding import Decoding, complete
from trainer_client.loading.models import load_model, load_tokenizer

# What is said stands one behind the other, as in the style `bare`.
PLAIN = "{% for m in messages %}{{ m['content'] }}{% if m['role'] == 'assistant' %}<eos>{% endif %}{% endfor %}"


@contextmanager
def openai_server(folder: Path) -> Iterator[str]:
    """Serve the model of a folder; yields the address that /chat/completions is below."""
    model, tokenizer, lock = load_model(folder), load_tokenizer(folder), Lock()
    tokenizer.chat_template = PLAIN

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                how = Decoding(asked["temperature"], asked["max_tokens"])
                done = complete(model, tokenizer, [asked["messages"]] * asked.get("n", 1), how)
            choices = [
                {"message": {"content": one.text}, "finish_reason": "length" if one.truncated else "stop"}
                for one in done
            ]
            body = {"choices": choices, "usage": {"completion_tokens": sum(one.length for one in done)}}
            self._reply(404 if self.path != "/v1/chat/completions" else 200, body)

        def _reply(self, status: int, body: Any) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
