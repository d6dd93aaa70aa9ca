"""A visitor without a browser: speaks Streamlit's protocol over the real WebSocket, as the browser does for every rerun."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.Slider_pb2 import Slider
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import connect

TIMEOUT_S = 120.0
MAX_MESSAGE = 256 * 2**20


@dataclass
class Rerun:
    """One run of a page: seconds from the question to the last word of the answer, bytes that came."""

    seconds: float
    n_bytes: int
    problems: list[str]


@dataclass
class Session:
    """A tab of its own on a page, with a query such as "data=sample". Not for several threads at once."""

    url: str
    page: str = ""
    query: str = ""
    sliders: dict[str, Slider] = field(default_factory=dict)
    _states: dict[str, WidgetState] = field(default_factory=dict)
    _known: dict[str, ForwardMsg] = field(default_factory=dict)
    _page_hash: str = ""

    def __post_init__(self) -> None:
        address = f"{self.url.replace('http', 'ws', 1)}/_stcore/stream"
        # Streamlit reads its own tokens from the second and third sub-protocol; the browser sends the first.
        self._socket = connect(address, subprotocols=["streamlit"], max_size=MAX_MESSAGE, origin=self.url)  # type: ignore[arg-type, list-item]

    def close(self) -> None:
        self._socket.close()

    def open(self, page: str, query: str) -> Rerun:
        """Go to a page by its address."""
        self.page, self.query, self._page_hash = page, query, ""
        self.sliders.clear()
        self._states.clear()
        return self.rerun()

    def move(self, slider: str, share: float) -> Rerun:
        """Move a slider to a share of its way, on its steps."""
        proto = self.sliders[slider]
        steps = round((proto.max - proto.min) / proto.step) if proto.step else 100
        value = proto.min + round(share * steps) * (proto.step or (proto.max - proto.min) / 100)
        values = list(proto.value if proto.set_value else proto.default)
        state = WidgetState(id=slider)
        state.double_array_value.data.extend([*values[:-1], value])
        self._states[slider] = state
        return self.rerun()

    def rerun(self) -> Rerun:
        """Run the page with the present values of its controls and wait until it is drawn."""
        question = BackMsg()
        question.rerun_script.query_string = self.query
        question.rerun_script.page_name = "" if self._page_hash else self.page
        question.rerun_script.page_script_hash = self._page_hash
        question.rerun_script.widget_states.widgets.extend(self._states.values())
        question.rerun_script.cached_message_hashes.extend(self._known)
        began = time.perf_counter()
        self._socket.send(question.SerializeToString())
        n_bytes, problems = 0, []
        for message, size in self._answers():
            n_bytes += size
            problems += _problems(message)
        return Rerun(time.perf_counter() - began, n_bytes, problems)

    def _answers(self) -> Iterator[tuple[ForwardMsg, int]]:
        """Every message of a run, those that only name an earlier one replaced by it."""
        while True:
            raw: Any = self._socket.recv(timeout=TIMEOUT_S)
            message = ForwardMsg.FromString(raw)
            kind = message.WhichOneof("type")
            if kind == "ref_hash":
                message = self._known[message.ref_hash]
            elif message.metadata.cacheable:
                self._known[message.hash] = message
            if kind == "navigation":
                self._page_hash = message.navigation.page_script_hash
            self._notice(message)
            yield message, len(raw)
            if kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return

    def _notice(self, message: ForwardMsg) -> None:
        """Keep the sliders, which are what a visitor moves, and the address that the page wrote."""
        if message.WhichOneof("type") == "page_info_changed":
            self.query = message.page_info_changed.query_string
        element = message.delta.new_element
        if element.WhichOneof("type") == "slider" and not element.slider.options and not element.slider.disabled:
            self.sliders[element.slider.id] = element.slider


def _problems(message: ForwardMsg) -> list[str]:
    """What a page says of its own failure."""
    element = message.delta.new_element
    if element.WhichOneof("type") == "exception":
        return [f"{element.exception.type}: {element.exception.message}"]
    return ["no such page"] if message.WhichOneof("type") == "page_not_found" else []
