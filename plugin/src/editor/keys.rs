//! The on-screen keyboard: the mouse plays notes, louder towards the lower end of a key. Main thread; notes reach the audio thread through
//! the project store's queue.

use egui::{Align2, Color32, Pos2, Rect, Sense, Stroke, StrokeKind, Ui, pos2, vec2};
use engine::audio::{EventKind, NoteAddress, UNKNOWN_RELEASE};

use super::theme::{self, AMBER, FAINT, LINE};
use crate::project::ProjectStore;

/// Lowest and highest key, C2 and C7: the range in which the model was trained.
const FIRST: u8 = 36;
const LAST: u8 = 96;
const IVORY: Color32 = Color32::from_rgb(0xd9, 0xcc, 0xba);
const EBONY: Color32 = Color32::from_rgb(0x1a, 0x15, 0x12);
/// Length and width of a black key as parts of a white one, about as on a piano (95 of 150 mm, 13.7 of 23.5 mm).
const BLACK_LENGTH: f32 = 0.62;
const BLACK_WIDTH: f32 = 0.6;
/// Velocity at the upper end of a key, [0, 1]: soft, and still heard.
const SOFTEST: f32 = 0.25;

/// The key that the mouse holds.
#[derive(Default)]
pub struct Keys {
    held: Option<u8>,
}

impl Keys {
    /// Draws the keys and plays them.
    pub fn show(&mut self, ui: &mut Ui, rect: Rect, store: &ProjectStore) {
        let response = ui.interact(rect, ui.scope_id().with("keys"), Sense::click_and_drag());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Slider, true, "Keyboard"));
        let pressing = response.is_pointer_button_down_on() && ui.input(|input| input.pointer.primary_down());
        let pointer = ui.input(|input| input.pointer.latest_pos()).filter(|_| pressing);
        let under = pointer.and_then(|pointer| Some((key_at(rect, pointer)?, pointer)));
        self.move_to(under.map(|(key, _)| key), under.map_or(0.0, |(_, pointer)| loudness(rect, pointer)), store);
        let over = response.hover_pos().and_then(|pointer| key_at(rect, pointer));
        paint(ui, rect, self.held, over);
    }

    /// Plays `key` instead of the key that is held; `velocity` is in [0, 1].
    pub fn move_to(&mut self, key: Option<u8>, velocity: f32, store: &ProjectStore) {
        if key == self.held {
            return;
        }
        self.release(store);
        if let Some(key) = key
            && store.play(EventKind::NoteOn { note: NoteAddress::key(0, key), velocity })
        {
            self.held = Some(key);
        }
    }

    /// Ends the note of the key that is held.
    pub fn release(&mut self, store: &ProjectStore) {
        if let Some(key) = self.held
            && store.play(EventKind::NoteOff { notes: NoteAddress::key(0, key), velocity: UNKNOWN_RELEASE })
        {
            self.held = None;
        }
    }
}

fn is_black(key: u8) -> bool {
    matches!(key % 12, 1 | 3 | 6 | 8 | 10)
}

fn whites_below(key: u8) -> usize {
    (FIRST..key).filter(|key| !is_black(*key)).count()
}

fn rect_of(keyboard: Rect, key: u8) -> Rect {
    let width = keyboard.width() / whites_below(LAST + 1) as f32;
    let x = keyboard.min.x + width * whites_below(key) as f32;
    if is_black(key) {
        let black = vec2(width * BLACK_WIDTH, keyboard.height() * BLACK_LENGTH);
        Rect::from_min_size(pos2(x - black.x / 2.0, keyboard.min.y), black)
    } else {
        Rect::from_min_size(pos2(x, keyboard.min.y), vec2(width, keyboard.height()))
    }
}

fn key_at(keyboard: Rect, place: Pos2) -> Option<u8> {
    let keys = || FIRST..=LAST;
    let over = |key: &u8| rect_of(keyboard, *key).contains(place);
    keys().filter(|key| is_black(*key)).find(over).or_else(|| keys().filter(|key| !is_black(*key)).find(over))
}

fn loudness(keyboard: Rect, place: Pos2) -> f32 {
    egui::remap_clamp(place.y, keyboard.y_range(), SOFTEST..=1.0)
}

fn paint(ui: &Ui, keyboard: Rect, held: Option<u8>, over: Option<u8>) {
    let painter = ui.painter().with_clip_rect(keyboard);
    for key in (FIRST..=LAST).filter(|key| !is_black(*key)) {
        let rect = rect_of(keyboard, key);
        let rest =
            if over == Some(key) { IVORY.lerp_to_gamma(Color32::WHITE, 0.35) } else { theme::faded(IVORY, 0.92) };
        let fill = if held == Some(key) { AMBER } else { rest };
        painter.rect(
            rect,
            egui::CornerRadius { nw: 0, ne: 0, sw: 3, se: 3 },
            fill,
            Stroke::new(1.0, LINE),
            StrokeKind::Inside,
        );
        if key % 12 == 0 {
            let name = format!("C{}", i32::from(key) / 12 - 1);
            painter.text(rect.center_bottom() - vec2(0.0, 5.0), Align2::CENTER_BOTTOM, name, theme::body(10.0), FAINT);
        }
    }
    for key in (FIRST..=LAST).filter(|key| is_black(*key)) {
        let rest = if over == Some(key) { theme::RAISED_HOVER } else { EBONY };
        let fill = if held == Some(key) { AMBER } else { rest };
        let round = egui::CornerRadius { nw: 0, ne: 0, sw: 3, se: 3 };
        painter.rect(rect_of(keyboard, key), round, fill, Stroke::new(1.0, Color32::BLACK), StrokeKind::Inside);
    }
}
