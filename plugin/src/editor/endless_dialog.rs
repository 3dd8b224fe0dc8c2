//! The dialog in which an endless sound gets its length, and what is to be known before it is made. Main thread; the recording is read and
//! the loop is made on other threads.

use egui::{Align2, Color32, Id, Key, Margin, Modal, Modifiers, Rect, Ui, vec2};
use engine::endless::{FIRST_LENGTH_S, LENGTHS_S, Material};

use super::button::button;
use super::name;
use super::theme::{self, AMBER, DIM, FAINT, GRID, TEXT};
use crate::endless::{Asked, Stage};

/// Width of the dialog, of its column of words and of its buttons, height of a row, and most lines of a remark, in points and lines.
const WIDTH: f32 = 440.0;
const WORDS: f32 = 76.0;
const BUTTON: f32 = 112.0;
const ROW: f32 = 28.0;
const REMARK_LINES: usize = 3;
/// Step of the length, in seconds.
const STEP_S: f64 = 0.1;

/// The open dialog.
#[derive(Debug, Clone)]
pub struct EndlessDialog {
    seconds: f64,
}

impl Default for EndlessDialog {
    fn default() -> Self {
        Self { seconds: FIRST_LENGTH_S }
    }
}

/// How a dialog ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Answer {
    /// Nothing is to be made.
    Cancel,
    /// A loop of so many seconds is to be made.
    Make(f64),
}

impl EndlessDialog {
    /// Draws the dialog; the answer once there is one. Enter is the left button, Escape the right one.
    pub fn show(&mut self, ui: &Ui, stage: &Stage) -> Option<Answer> {
        let (asked, material) = match stage {
            Stage::Reading(asked) => (asked, None),
            Stage::Ready(asked, material) => (asked, Some(&**material)),
            // The recording was refused, with a message.
            Stage::Nothing | Stage::Making(..) => return Some(Answer::Cancel),
        };
        let frame = egui::Frame::popup(&ui.ctx().global_style()).inner_margin(Margin::same(16));
        let modal = Modal::new(Id::unique("heptode endless dialog")).frame(frame);
        let modal = modal.show(ui.ctx(), |ui| {
            ui.set_width(WIDTH);
            self.contents(ui, asked, material)
        });
        let pressed = |key| ui.ctx().input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let make = Answer::Make(self.seconds);
        let by_key = if !modal.is_top_modal {
            None
        } else if pressed(Key::Escape) {
            Some(Answer::Cancel)
        } else {
            (material.is_some() && pressed(Key::Enter)).then_some(make)
        };
        modal.inner.or(by_key)
    }

    fn contents(&mut self, ui: &mut Ui, asked: &Asked, material: Option<&Material>) -> Option<Answer> {
        let (head, _) = ui.allocate_exact_size(vec2(WIDTH, ROW), egui::Sense::hover());
        let title = ui.painter().text(head.left_center(), Align2::LEFT_CENTER, "Make endless", theme::bold(15.0), TEXT);
        let place = egui::pos2(title.max.x + 12.0, head.center().y);
        let room = head.max.x - place.x;
        name::show(ui, place, Align2::LEFT_CENTER, &asked.sound.name, theme::body(13.0), DIM, room);
        for (text, color) in remarks(material) {
            remark(ui, &text, color);
        }
        ui.add_space(GRID / 2.0);
        self.length_row(ui);
        ui.add_space(GRID);
        let (foot, _) = ui.allocate_exact_size(vec2(WIDTH, ROW), egui::Sense::hover());
        let right = Rect::from_min_size(foot.right_top() - vec2(BUTTON, 0.0), vec2(BUTTON, ROW));
        if button(ui, right, "Cancel", true).clicked() {
            return Some(Answer::Cancel);
        }
        let left = right.translate(vec2(-BUTTON - GRID, 0.0));
        button(ui, left, "Make", material.is_some()).clicked().then_some(Answer::Make(self.seconds))
    }

    fn length_row(&mut self, ui: &mut Ui) {
        let (place, _) = ui.allocate_exact_size(vec2(WIDTH, ROW - 4.0), egui::Sense::hover());
        ui.painter().text(place.left_center(), Align2::LEFT_CENTER, "Length", theme::body(13.0), DIM);
        let slider = egui::Slider::new(&mut self.seconds, LENGTHS_S).step_by(STEP_S).fixed_decimals(1).suffix(" s");
        let mut child = ui.new_child(egui::UiBuilder::new().max_rect(place.with_min_x(place.min.x + WORDS)));
        child.spacing_mut().slider_width = WIDTH - WORDS - 72.0;
        let response = child.add(slider);
        response.widget_info(|| egui::WidgetInfo::slider(true, self.seconds, "Length of the loop in seconds"));
    }
}

/// What is to be known beforehand.
fn remarks(material: Option<&Material>) -> Vec<(String, Color32)> {
    let Some(material) = material else { return vec![("Looking at the recording …".to_owned(), AMBER)] };
    let kind = if material.channels() == 2 { "stereo" } else { "mono" };
    let made_of = format!("A {kind} loop is woven from {:.1} s of the recording.", material.seconds());
    let notes = material.notes().iter().map(|note| (sentence(note), DIM));
    let judged = match material.warning() {
        Some(warning) => (sentence(&warning), AMBER),
        None => (
            "It stays the same throughout, as a texture does: the result should sound like it.".to_owned(),
            theme::TEAL,
        ),
    };
    std::iter::once((made_of, DIM)).chain(notes).chain([judged]).collect()
}

/// A remark with a capital letter and a stop.
fn sentence(remark: &str) -> String {
    let mut letters = remark.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

fn remark(ui: &mut Ui, text: &str, color: Color32) {
    let laid = name::message(ui.ctx(), text, &theme::body(13.0), color, WIDTH, REMARK_LINES);
    let galley = std::sync::Arc::clone(laid.galley());
    let (place, response) = ui.allocate_exact_size(vec2(WIDTH, galley.size().y + 4.0), egui::Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, text));
    ui.painter().galley(place.min, galley, FAINT);
}
