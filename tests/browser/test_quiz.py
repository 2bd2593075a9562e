"""Check yourself in a browser: answered by mouse and by keyboard, and its links lead somewhere."""

import re

from playwright.sync_api import Locator, Page, expect

from pages.shared.quiz_question import Question
from tests.browser.serving import goto
from tests.helpers.quiz_cases import QUESTIONS


def card(page: Page, name: str) -> Locator:
    return page.locator(f".st-key-quiz-card-{name}")


def right_one(question: Question) -> str:
    return next(choice.text for choice in question.choices if choice.right)


def wrong_one(question: Question) -> str:
    return next(choice.text for choice in question.choices if not choice.right)


def test_a_quiz_takes_mouse_and_keyboard_and_survives_a_visit(page: Page) -> None:
    goto(page)
    first, second = QUESTIONS["start"][:2]
    of = len(QUESTIONS["start"])
    card(page, "start").get_by_role("button", name=wrong_one(first)).click()
    expect(card(page, "start")).to_contain_text("Wrong.")
    expect(card(page, "start")).to_contain_text("See for yourself.")
    card(page, "start").get_by_role("button", name=right_one(first)).click()
    expect(page.get_by_text(f"1 of {of} right, 0 on the first try")).to_be_visible()
    page.get_by_role("button", name="Next question").press("Enter")
    expect(card(page, "start")).to_contain_text(second.ask)
    answer = card(page, "start").get_by_role("button", name=right_one(second))
    answer.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"2 of {of} right, 1 on the first try")).to_be_visible()
    expect(answer).to_be_focused()
    link = card(page, "start").get_by_role("link", name="Show me")
    link.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/sample$"))
    page.get_by_role("link", name="Start", exact=True).click()
    expect(page.get_by_text(f"2 of {of} right, 1 on the first try")).to_be_visible()
    expect(card(page, "start")).to_contain_text(second.ask)


def test_a_link_on_its_own_page_sets_the_page_and_goes_up_to_it(page: Page) -> None:
    question = QUESTIONS["break_it"][1]
    goto(page, "/break_it")
    page.get_by_role("button", name="Next question").click()
    card(page, "break_it").get_by_role("button", name=right_one(question)).click()
    card(page, "break_it").get_by_role("link", name="Show me").click()
    title = question.try_it.query["exhibit"]
    expect(page.get_by_role("combobox", name="Mistake")).to_have_value(title)
    expect(page).to_have_url(re.compile(r"exhibit=Mask\+B\+in\+the\+first\+layer"))
    expect(page.get_by_role("heading", level=1)).to_be_in_viewport()
    expect(card(page, "break_it")).to_contain_text("Right.")
    page.go_back()
    expect(page.get_by_role("combobox", name="Mistake")).not_to_have_value(title)
