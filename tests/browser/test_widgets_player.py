"""The player in a real browser: buttons, keys and clicks, and what Python then reads."""

import re

from playwright.sync_api import Browser, Page, expect

from tests.browser.widget_pages import canvas_color, cell_center, expect_data, opened, page, says

__all__ = ["page"]  # a fixture


class TestPlayer:
    def test_plays_by_itself_to_the_end_and_again(self, page: Page) -> None:
        player = opened(page, "/widget_player?speed=1000")
        expect_data(player, total=784, playing="true")
        expect_data(player, pixel=784, playing="false")
        expect_data(player, playing="true")  # nobody touched it: it starts again

    def test_space_plays_and_pauses_before_anything_has_the_focus(self, page: Page) -> None:
        player = opened(page, "/widget_player?speed=10")
        expect_data(player, playing="true")
        page.keyboard.press(" ")
        expect_data(player, playing="false")
        page.keyboard.press(" ")
        expect_data(player, playing="true")

    def test_keys_step_pixels_and_rows_and_r_starts_again_without_a_rerun(self, page: Page) -> None:
        player = opened(page, "/widget_player?speed=10")
        page.keyboard.press("r")
        expect_data(player, pixel=0, playing="false")
        player.get_by_role("slider", name="Pixels drawn").focus()
        for key, pixel in [
            ("ArrowRight", 1),
            ("ArrowRight", 2),
            ("ArrowDown", 30),
            ("ArrowDown", 58),
            ("ArrowUp", 30),
            ("ArrowLeft", 29),
        ]:
            page.keyboard.press(key)
            expect_data(player, pixel=pixel)
        page.keyboard.press("r")
        expect_data(player, pixel=0)
        says(page, "runs: 1")

    def test_scrubbing_says_what_was_chosen_where(self, page: Page) -> None:
        player = opened(page, "/widget_player")
        slider = player.get_by_role("slider", name="Pixels drawn")
        slider.fill("214")
        expect_data(player, pixel=214, playing="false")
        words = re.compile(r"pixel 214 of 784 · row 7, column 17 · p\(ink\) = \d\.\d\d · chose ")
        expect(slider).to_have_attribute("aria-valuetext", words)
        expect(player.get_by_role("status")).to_have_text(words)

    def test_the_buttons_step_too(self, page: Page) -> None:
        player = opened(page, "/widget_player?speed=10")
        player.get_by_role("button", name="Restart").click()
        for name, pixel in [("Next row", 28), ("Next pixel", 29), ("Previous pixel", 28)]:
            player.get_by_role("button", name=name).click()
            expect_data(player, pixel=pixel)
        player.get_by_role("button", name="Play").click()
        expect_data(player, playing="true")

    def test_speed_goes_from_one_pixel_a_second_to_all_at_once(self, page: Page) -> None:
        player = opened(page, "/widget_player?speed=1")
        speed = player.get_by_role("slider", name="Speed")
        expect(speed).to_have_attribute("aria-valuetext", "1 pixel/s")
        speed.press("End")
        expect(speed).to_have_attribute("aria-valuetext", "all at once")
        expect_data(player, pixel=784)

    def test_a_click_selects_a_digit_and_tells_python(self, page: Page) -> None:
        player = opened(page, "/widget_player")
        grid = player.locator("canvas").first
        grid.click(position=cell_center(grid, 1, 2, size=4))
        expect_data(player, selected=6)
        says(page, "event: PlayerEvent(image=6, row=None, column=None, channel=None, level=None)")

    def test_a_click_into_the_large_digit_winds_back_to_that_pixel(self, page: Page) -> None:
        player = opened(page, "/widget_player")
        portrait = player.locator("canvas.portrait")
        portrait.click(position=cell_center(portrait, 9, 11))
        expect_data(player, pixel=9 * 28 + 11 + 1, playing="false")
        says(page, "event: PlayerEvent(image=0, row=9, column=11, channel=0, level=None)")

    def test_given_pixels_are_there_at_once_and_are_skipped(self, page: Page) -> None:
        player = opened(page, "/widget_player?show=completion")
        page.keyboard.press("r")
        expect_data(player, pixel=0, total=16 * 28)
        portrait = player.locator("canvas.portrait")
        paper, hatched = canvas_color(portrait, 3, 3), canvas_color(portrait, 20, 3)
        assert min(paper) > 235
        assert max(hatched) < 235
        player.get_by_role("button", name="Next pixel").click()
        expect(player.get_by_role("status")).to_contain_text("pixel 337 of 784 · row 12, column 0")

    def test_colours_appear_red_then_green_then_blue(self, page: Page) -> None:
        player = opened(page, "/widget_player?show=colour")
        slider = player.get_by_role("slider", name="Pixels drawn")
        portrait = player.locator("canvas.portrait")
        row, column = 7, 10  # an inked cell of the first picture
        first = 3 * (row * 28 + column)
        for channel, color in enumerate([[255, 0, 0], [255, 128, 0], [255, 128, 51]]):
            slider.fill(str(first + channel + 1))
            name = ("red", "green", "blue")[channel]
            expect(player.get_by_role("status")).to_contain_text(f"{name}: chose level")
            assert canvas_color(portrait, row, column) == color

    def test_sixteen_levels_have_a_histogram(self, page: Page) -> None:
        player = opened(page, "/widget_player?show=levels")
        player.get_by_role("slider", name="Pixels drawn").fill("300")
        expect(player.locator(".histogram")).to_be_visible()
        expect(player.locator(".inkbar")).to_be_hidden()
        expect(player.get_by_role("status")).to_contain_text(
            re.compile(r"\(0 to 15\) · p = 0\.\d\d")
        )

    def test_who_prefers_no_motion_sees_the_finished_picture(
        self, browser: Browser, widgets_address: str
    ) -> None:
        context = browser.new_context(base_url=widgets_address, reduced_motion="reduce")
        player = opened(context.new_page(), "/widget_player")
        expect_data(player, pixel=784, playing="false")
        context.close()

    def test_frames_are_counted(self, page: Page) -> None:
        player = opened(page, "/widget_player?n=64&speed=100")
        expect(player).to_have_attribute("data-fps", re.compile(r"\d"))
