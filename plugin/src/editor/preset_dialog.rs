//! The small dialog in which a preset gets its name and what it is found by. Main thread; files are written by jobs.

use egui::{Align2, Id, Key, Margin, Modal, Modifiers, Rect, Response, Ui, vec2};
use engine::presets::{Place, PresetEntry};
use engine::state::PresetLabel;

use super::button::{button, sign_button};
use super::theme::{self, DIM, FAINT, GRID};
use crate::jobs::PresetJob;

/// Width of the dialog, of its column of words and of its buttons, and height of a row, in points.
const WIDTH: f32 = 400.0;
const WORDS: f32 = 76.0;
const BUTTON: f32 = 92.0;
const ROW: f32 = 28.0;
/// Lines of the field for notes.
const NOTE_LINES: usize = 3;
/// Most letters of a line, and of the notes: a file's name is cut where they are more.
const MOST_LETTERS: usize = 100;
const MOST_NOTES: usize = 2000;
/// Categories that are offered beside those of the presets that there are.
const CATEGORIES: [&str; 10] =
    ["Bass", "Bell", "Drums", "Foley", "Keys", "Lead", "Pad", "Pluck", "Sequence", "Texture"];

/// What the dialog is for.
#[derive(Debug, Clone, PartialEq)]
enum Purpose {
    /// Save the present sound; the user's presets by name, to tell when one would be replaced.
    Save(Vec<(String, Place)>),
    Rename(Place),
}

/// The open dialog.
#[derive(Debug, Clone)]
pub struct PresetDialog {
    purpose: Purpose,
    name: String,
    author: String,
    category: String,
    tags: String,
    notes: String,
    categories: Vec<String>,
    is_fresh: bool,
}

/// How a dialog ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Nothing is to be done.
    Cancel,
    /// This is to be done.
    Do(PresetJob),
}

impl PresetDialog {
    /// To save the present sound with a label to begin with, beside these presets.
    pub fn save(label: PresetLabel, entries: &[PresetEntry]) -> Self {
        let own = entries.iter().filter(|entry| entry.place.file().is_some());
        let own: Vec<_> = own.map(|entry| (entry.label.name.clone(), entry.place.clone())).collect();
        let known = entries.iter().map(|entry| entry.label.category.clone()).filter(|category| !category.is_empty());
        let mut categories: Vec<String> = known.chain(CATEGORIES.map(str::to_owned)).collect();
        categories.sort_by_cached_key(|category| category.to_lowercase());
        categories.dedup_by_key(|category| category.to_lowercase());
        let tags = label.tags.join(", ");
        let PresetLabel { name, author, category, notes, .. } = label;
        Self { purpose: Purpose::Save(own), name, author, category, tags, notes, categories, is_fresh: true }
    }

    /// To give a preset another name.
    pub fn rename(entry: &PresetEntry) -> Self {
        let purpose = Purpose::Rename(entry.place.clone());
        Self { purpose, ..Self::save(PresetLabel::new(&entry.label.name), &[]) }
    }

    /// Draws the dialog; the answer once there is one. Enter in a line is the left button, Escape the right one.
    pub fn show(&mut self, ui: &Ui) -> Option<Answer> {
        let frame = egui::Frame::popup(&ui.ctx().global_style()).inner_margin(Margin::same(16));
        let modal = Modal::new(Id::unique("heptode preset dialog")).frame(frame);
        let modal = modal.show(ui.ctx(), |ui| {
            ui.set_width(WIDTH);
            self.contents(ui)
        });
        // An open menu of categories has Escape for itself.
        let hears_escape = modal.is_top_modal && !modal.any_popup_open;
        let is_escaped = || ui.ctx().input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
        let is_left = hears_escape && is_escaped();
        modal.inner.or(is_left.then_some(Answer::Cancel))
    }

    fn contents(&mut self, ui: &mut Ui) -> Option<Answer> {
        let title = if self.is_saving() { "Save preset" } else { "Rename preset" };
        let (head, _) = ui.allocate_exact_size(vec2(WIDTH, ROW), egui::Sense::hover());
        ui.painter().text(head.left_center(), Align2::LEFT_CENTER, title, theme::bold(15.0), theme::TEXT);
        let mut is_entered = self.name_row(ui);
        if self.is_saving() {
            is_entered |= entered_line(ui, "Author", "Preset author", &mut self.author);
            is_entered |= self.category_row(ui);
            is_entered |= entered_line(ui, "Tags", "Preset tags", &mut self.tags);
            notes(ui, &mut self.notes);
        }
        ui.add_space(GRID);
        self.buttons(ui, is_entered)
    }

    fn is_saving(&self) -> bool {
        matches!(self.purpose, Purpose::Save(_))
    }

    fn name_row(&mut self, ui: &mut Ui) -> bool {
        let response = line(ui, "Name", "Preset name", &mut self.name, 0.0);
        if std::mem::take(&mut self.is_fresh) {
            response.request_focus();
            theme::select_all(ui.ctx(), response.id, self.name.chars().count());
        }
        entered(ui, &response)
    }

    fn category_row(&mut self, ui: &mut Ui) -> bool {
        let response = line(ui, "Category", "Preset category", &mut self.category, ROW);
        let place = Rect::from_min_size(response.rect.right_top() + vec2(4.0, 0.0), vec2(ROW - 4.0, ROW - 4.0));
        let menu = sign_button(ui, place, "…", "Known categories", true);
        egui::Popup::menu(&menu).width(120.0).show(|ui| {
            for category in &self.categories {
                if ui.selectable_label(*category == self.category, category).clicked() {
                    self.category.clone_from(category);
                }
            }
        });
        entered(ui, &response)
    }

    fn buttons(&mut self, ui: &mut Ui, is_entered: bool) -> Option<Answer> {
        let (foot, _) = ui.allocate_exact_size(vec2(WIDTH, ROW), egui::Sense::hover());
        let replaced = self.replaced();
        let does = match (&self.purpose, &replaced) {
            (Purpose::Rename(_), _) => "Rename",
            (Purpose::Save(_), Some(_)) => "Replace",
            (Purpose::Save(_), None) => "Save preset",
        };
        let right = Rect::from_min_size(foot.right_top() - vec2(BUTTON, 0.0), vec2(BUTTON, ROW));
        let left = right.translate(vec2(-BUTTON - GRID, 0.0));
        if replaced.is_some() {
            let remark = "You have one of that name.";
            ui.painter().text(foot.left_center(), Align2::LEFT_CENTER, remark, theme::body(12.0), theme::AMBER);
        }
        let can = !self.name.trim().is_empty();
        if button(ui, right, "Cancel", true).clicked() {
            return Some(Answer::Cancel);
        }
        if button(ui, left, does, can).clicked() || (is_entered && can) {
            return Some(Answer::Do(self.job(replaced)));
        }
        None
    }

    /// The preset of the user's that has this name already.
    fn replaced(&self) -> Option<Place> {
        let Purpose::Save(own) = &self.purpose else { return None };
        let wanted = self.name.trim().to_lowercase();
        own.iter().find(|(name, _)| name.trim().to_lowercase() == wanted).map(|(_, place)| place.clone())
    }

    fn job(&self, replaced: Option<Place>) -> PresetJob {
        let name = self.name.trim().to_owned();
        if let Purpose::Rename(place) = &self.purpose {
            return PresetJob::Rename(place.clone(), name);
        }
        let label = PresetLabel {
            name,
            author: self.author.trim().to_owned(),
            category: self.category.trim().to_owned(),
            tags: self.tags.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect(),
            notes: self.notes.trim().to_owned(),
        };
        match replaced {
            Some(place) => PresetJob::Overwrite { place, label: Some(label) },
            None => PresetJob::Save(label),
        }
    }
}

/// Whether the field was left by Enter.
fn entered(ui: &Ui, response: &Response) -> bool {
    response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter))
}

/// A row with a word and a field; whether the field was left by Enter.
fn entered_line(ui: &mut Ui, word: &str, label: &str, text: &mut String) -> bool {
    let response = line(ui, word, label, text, 0.0);
    entered(ui, &response)
}

/// A word and a field of one line behind it, which ends `reserved` points before the row's end.
fn line(ui: &mut Ui, word: &str, label: &str, text: &mut String, reserved: f32) -> Response {
    let field = row(ui, word, ROW - 4.0);
    let edit = egui::TextEdit::singleline(text).char_limit(MOST_LETTERS).margin(Margin::symmetric(8, 3));
    let edit = if word == "Tags" { edit.hint_text(hint("separated by commas")) } else { edit };
    let response = ui.put(field.with_max_x(field.max.x - reserved), edit);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, label));
    response
}

fn notes(ui: &mut Ui, text: &mut String) {
    let field = row(ui, "Notes", ROW * NOTE_LINES as f32 - 16.0);
    let edit = egui::TextEdit::multiline(text).desired_rows(NOTE_LINES).char_limit(MOST_NOTES);
    let edit = edit.margin(Margin::symmetric(8, 3)).hint_text(hint("how to play it"));
    let response = ui.put(field, edit);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::MultilineTextInput, true, "Preset notes"));
}

/// A row with a word at its left; the place of the field behind it.
fn row(ui: &mut Ui, word: &str, height: f32) -> Rect {
    let (place, _) = ui.allocate_exact_size(vec2(WIDTH, height), egui::Sense::hover());
    let y = place.min.y + (ROW - 4.0) / 2.0;
    ui.painter().text(egui::pos2(place.min.x, y), Align2::LEFT_CENTER, word, theme::body(13.0), DIM);
    place.with_min_x(place.min.x + WORDS)
}

fn hint(text: &str) -> egui::RichText {
    egui::RichText::new(text).color(FAINT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, place: Place) -> PresetEntry {
        PresetEntry { place, label: PresetLabel::new(name), is_favourite: false }
    }

    #[test]
    fn a_name_that_is_taken_by_the_users_own_replaces_it_and_one_of_a_built_in_does_not() {
        let own = Place::File("/p/Mine.heptode-preset".into());
        let entries = [entry("Mine", own.clone()), entry("Built in", Place::Factory("Built in".to_owned()))];
        for (name, replaced) in [(" mine ", Some(own)), ("Built in", None), ("New", None)] {
            let dialog = PresetDialog::save(PresetLabel::new(name), &entries);
            assert_eq!(dialog.replaced(), replaced, "{name}");
        }
    }

    #[test]
    fn tags_are_what_stands_between_commas() {
        let label = PresetLabel { tags: vec!["a".to_owned(), "b c".to_owned()], ..PresetLabel::new("X") };
        let mut dialog = PresetDialog::save(label.clone(), &[]);
        assert_eq!(dialog.job(None), PresetJob::Save(label.clone()));
        dialog.tags = " a,, b c ,".to_owned();
        assert_eq!(dialog.job(None), PresetJob::Save(label));
    }
}
