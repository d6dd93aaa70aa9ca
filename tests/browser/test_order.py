"""Order in the workspace, in a real browser: deleted and back by undo, and a view kept on one page that opens from another."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from benchmarks.made_up import made_up_run

SLOW_MS = 120_000
expect.set_options(timeout=30_000)

pytestmark = pytest.mark.browser


def test_a_run_is_deleted_and_brought_back_by_undo(
    start_server: Callable[..., Any], page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start_server()
    monkeypatch.setenv("DARKROOM_WORKSPACE", str(server.workspace))
    run = made_up_run("sample")
    page.goto(f"{server.url}/runs?compared={run}")
    page.get_by_role("button", name="delete 1 run ...").click(timeout=SLOW_MS)
    page.get_by_role("dialog").get_by_role("button", name="delete 1 run").click()
    undo = page.get_by_role("button", name="undo")
    expect(undo).to_be_visible()
    assert not (server.workspace / "runs" / run).exists()
    undo.click()
    expect(page.get_by_text(f"The run '{run}' is back.")).to_be_visible()
    assert (server.workspace / "runs" / run / "manifest.json").exists()
    page.goto(f"{server.url}/workspace?order=bin")
    expect(page.get_by_text("The bin is empty.")).to_be_visible(timeout=SLOW_MS)


def test_a_view_is_kept_and_opens_by_its_name_for_another_user(
    start_server: Callable[..., Any], page: Any, browser: Any
) -> None:
    server = start_server()
    page.goto(f"{server.url}/select?data=sample&start=dnn2020")
    expect(page.get_by_test_id("stCode").first).to_contain_text("--preset dnn2020", timeout=SLOW_MS)
    page.get_by_role("button", name="keep this view").or_(page.locator(".st-key-keep-view button")).first.click()
    page.get_by_label("name", exact=True).fill("shift")
    page.get_by_role("button", name="keep view").click()
    expect(page.get_by_text("View 'shift' is kept.")).to_be_visible()
    other = browser.new_context().new_page()
    other.goto(f"{server.url}/?view=shift")
    expect(other.get_by_test_id("stCode").first).to_contain_text("--preset dnn2020", timeout=SLOW_MS)
    other.goto(server.url)
    other.get_by_role("link", name="shift").click(timeout=SLOW_MS)
    expect(other.get_by_test_id("stCode").first).to_contain_text("--preset dnn2020", timeout=SLOW_MS)
    other.context.close()
