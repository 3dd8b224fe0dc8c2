//! The prime, beside the tabs while the tab of the sound is open and the pack takes one: the recording that sounds go on from, how much of
//! it, whether they begin with it, and a way to the files. Main thread.

use egui::{Align2, Color32, DragValue, Rect, Response, Sense, Ui, pos2, vec2};
use engine::state::{PRIME_MS, Prime};

use crate::editor::button::{button, sign_button};
use crate::editor::theme::{self, AMBER, DIM, FAINT, TEXT};
use crate::editor::{name, switch};

/// Widths of the heading, the button that leads to the files, the length, the switch and the button that removes the prime, and height of
/// all of them, in points.
const HEADING: f32 = 38.0;
const CHOOSE: f32 = 52.0;
const LENGTH: f32 = 60.0;
const KEEP: f32 = 54.0;
const REMOVE: f32 = 18.0;
const HEIGHT: f32 = 20.0;
const GAP: f32 = 6.0;
/// What choosing a file does.
const CHOOSE_TEXT: &str =
    "Choose an audio file among the files, or drop it on the window: sounds go on from its beginning.";
/// Milliseconds for a point of drag: the travel of a knob, 180 points, is 90 ms, and a tenth of a millisecond can be typed.
const MS_PER_POINT: f64 = 0.5;

/// What the user asks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PrimeAction {
    /// Show the files.
    Choose,
    /// Use so much of the recording, in milliseconds.
    Length(f32),
    /// Begin with the recording's own samples, or after them.
    Keep(bool),
    /// Go on without.
    Remove,
}

/// What is shown of the prime.
#[derive(Debug, Clone, Copy)]
pub struct PrimeState<'a> {
    /// The prime, if there is one.
    pub prime: Option<&'a Prime>,
    /// Length of the pack's sounds in milliseconds.
    pub longest_ms: f32,
}

/// Draws the prime.
pub fn show(ui: &mut Ui, rect: Rect, now: PrimeState) -> Option<PrimeAction> {
    let middle = rect.center().y;
    let place = |left: f32, width: f32| Rect::from_center_size(pos2(left + width / 2.0, middle), vec2(width, HEIGHT));
    text(ui, place(rect.min.x, HEADING), "Prime", FAINT);
    let left = rect.min.x + HEADING;
    let Some(prime) = now.prime else {
        let choose = place(rect.max.x - CHOOSE, CHOOSE);
        text(ui, place(left, choose.min.x - GAP - left), "none", DIM);
        return button(ui, choose, "File …", true).on_hover_text(CHOOSE_TEXT).clicked().then_some(PrimeAction::Choose);
    };
    let remove = place(rect.max.x - REMOVE, REMOVE);
    let keep = place(remove.min.x - GAP - KEEP, KEEP);
    let length = place(keep.min.x - GAP - LENGTH, LENGTH);
    let mut action = length_field(ui, length, prime, now.longest_ms).map(PrimeAction::Length);
    if name_button(ui, place(left, length.min.x - GAP - left), &prime.name).clicked() {
        action = Some(PrimeAction::Choose);
    }
    let keep_text = "Whether a sound begins with the recording's own samples, or after them.";
    if switch::show(ui, keep, "Keep", prime.keep).on_hover_text(keep_text).clicked() {
        action = Some(PrimeAction::Keep(!prime.keep));
    }
    if sign_button(ui, remove, "×", &format!("Remove the prime {}", prime.name), true).clicked() {
        action = Some(PrimeAction::Remove);
    }
    action
}

fn text(ui: &Ui, rect: Rect, text: &str, ink: Color32) {
    name::show(ui, rect.left_center(), Align2::LEFT_CENTER, text, theme::body(11.0), ink, rect.width());
}

/// The name of the recording, which leads to the files.
fn name_button(ui: &Ui, rect: Rect, prime_name: &str) -> Response {
    let response = ui.interact(rect, ui.scope_id().with("name of the prime"), Sense::click());
    let label = format!("Choose another prime than {prime_name}");
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &label));
    let ink = if response.hovered() || response.has_focus() { AMBER } else { TEXT };
    text(ui, rect, prime_name, ink);
    response.on_hover_text(format!("{prime_name}\n{CHOOSE_TEXT}"))
}

/// How much of the recording is used: dragged, or typed after a click; the length that the user wants.
fn length_field(ui: &mut Ui, rect: Rect, prime: &Prime, longest_ms: f32) -> Option<f32> {
    let most_ms = prime.recorded_ms().unwrap_or(f32::MAX).min(longest_ms).min(*PRIME_MS.end()).max(*PRIME_MS.start());
    let mut length_ms = prime.length_ms;
    let range = *PRIME_MS.start()..=most_ms;
    let field = DragValue::new(&mut length_ms).range(range).clamp_existing_to_range(false);
    let response = ui.put(rect, field.speed(MS_PER_POINT).max_decimals(1).suffix(" ms"));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_label("Length of the prime"));
    response.on_hover_text("How much of the beginning of the recording is used.");
    (length_ms != prime.length_ms).then_some(length_ms)
}
