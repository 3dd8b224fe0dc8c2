//! Names as they are drawn: readable in every script, cut in the middle where they are too long, with the whole in a tooltip. Main
//! thread.
//!
//! Every text that is not the editor's own goes through here: names of sounds, files, folders and packs, and messages that contain
//! them.

mod direction;
mod fit;
mod spelling;

use std::borrow::Cow;
use std::sync::Arc;

use egui::text::{LayoutJob, LayoutSection, TextFormat, TextWrapping};
use egui::{Align2, Color32, Context, FontId, Galley, Pos2, Rect, Response, Sense, Ui};

use self::direction::Kind;
use super::theme::{self, DIM, TEXT};

/// Width of a tooltip in points: about sixty letters, a line that the eye still follows back.
const TOOLTIP_WIDTH: f32 = 420.0;
const SPELLED: &str = "This system has no font for some of these characters; they are spelled in Latin letters.";

/// A text laid out to fit its room.
pub struct Fitted {
    galley: Arc<Galley>,
    is_cut: bool,
    is_spelled: bool,
}

/// Draws a name, at most `width` points wide; returns its rectangle. Where it is not shown as it is, a tooltip has it whole.
pub fn show(ui: &Ui, place: Pos2, anchor: Align2, name: &str, font: FontId, color: Color32, width: f32) -> Rect {
    let line = line(ui.ctx(), name, &font, color, width);
    let rect = anchor.anchor_size(place, line.galley.size());
    ui.painter().galley(rect.min, Arc::clone(&line.galley), color);
    if line.is_cut || line.is_spelled {
        let id = ui.scope_id().with(("name", name, rect.min.x.round() as i32, rect.min.y.round() as i32));
        line.tooltip(ui.interact(rect, id, Sense::hover()), name);
    }
    rect
}

/// `font`, smaller where `name` is wider than `width` in it, down to `least` points.
pub fn fitting_font(context: &Context, name: &str, font: FontId, width: f32, least: f32) -> FontId {
    let whole = line(context, name, &font, TEXT, f32::INFINITY).galley.size().x;
    let size = font.size * (width / whole.max(1.0)).min(1.0);
    FontId::new(size.max(least).min(font.size), font.family)
}

/// A name on one line of at most `width` points.
pub fn line(context: &Context, name: &str, font: &FontId, color: Color32, width: f32) -> Fitted {
    let one_line = spelling::on_one_line(name);
    let spelled = readable(context, &one_line, font);
    let is_spelled = spelled != one_line;
    let lay = |text: &str| lay_out(context, job([text], Kind::Name, font, color));
    let whole = lay(&spelled);
    let is_cut = whole.size().x > width;
    let galley =
        if is_cut { lay(&fit::cut_in_the_middle(&spelled, |part| lay(part).size().x <= width)) } else { whole };
    Fitted { galley, is_cut, is_spelled }
}

impl Fitted {
    /// What is to be drawn.
    pub fn galley(&self) -> &Arc<Galley> {
        &self.galley
    }

    /// Whether its middle is left out.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Whether some of its characters are spelled in Latin letters.
    pub fn is_spelled(&self) -> bool {
        self.is_spelled
    }

    /// Shows `text` as a tooltip of `response` unless it is drawn as it is.
    pub fn tooltip(&self, response: Response, text: &str) {
        if self.is_cut || self.is_spelled {
            response.on_hover_ui(|ui| tooltip(ui, text, self.is_spelled));
        }
    }
}

/// A message that contains names, on lines of at most `width` points; its middle is left out if it takes more than `most_lines`.
pub fn message(context: &Context, text: &str, font: &FontId, color: Color32, width: f32, most_lines: usize) -> Fitted {
    let lay = |text: &str| sentence(context, text, font, color, width);
    let fits = |text: &str| lay(text).rows.len() <= most_lines;
    let galley = lay(&fit::cut_in_the_middle(text, fits));
    Fitted { galley, is_cut: !fits(text), is_spelled: readable(context, text, font) != text }
}

/// A text that contains names, on as many lines of at most `width` points as it takes.
pub fn sentence(context: &Context, text: &str, font: &FontId, color: Color32, width: f32) -> Arc<Galley> {
    lines(context, text, Kind::Sentence, font, color, width)
}

fn lines(context: &Context, text: &str, kind: Kind, font: &FontId, color: Color32, width: f32) -> Arc<Galley> {
    let text = spelling::without_turns(text);
    let spelled = readable(context, &text, font);
    if !direction::has_right_to_left(&spelled) {
        let mut job = LayoutJob::simple(spelled.into_owned(), font.clone(), color, width);
        job.wrap = TextWrapping { max_width: width, ..TextWrapping::default() };
        return lay_out(context, job);
    }
    let lines = fit::lines(&spelled, |part| lay_out(context, job([part], kind, font, color)).size().x <= width);
    lay_out(context, job(lines.iter().map(String::as_str), kind, font, color))
}

fn tooltip(ui: &mut Ui, name: &str, is_spelled: bool) {
    let context = ui.ctx().clone();
    let (font, remark) = (theme::body(13.0), theme::body(12.0));
    ui.label(lines(&context, &spelling::on_one_line(name), Kind::Name, &font, TEXT, TOOLTIP_WIDTH));
    if is_spelled {
        ui.label(sentence(&context, SPELLED, &remark, DIM, TOOLTIP_WIDTH));
    }
}

/// `text` in characters that the fonts have.
fn readable<'a>(context: &Context, text: &'a str, font: &FontId) -> Cow<'a, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    context.fonts_mut(|fonts| spelling::with_glyphs(text, |c| fonts.has_glyph(font, c)))
}

fn lay_out(context: &Context, job: LayoutJob) -> Arc<Galley> {
    context.fonts_mut(|fonts| fonts.layout_job(job))
}

/// Lines of text, each part of which stands in its place from left to right.
fn job<'a>(lines: impl IntoIterator<Item = &'a str>, kind: Kind, font: &FontId, color: Color32) -> LayoutJob {
    let mut job = LayoutJob { break_on_newline: true, ..LayoutJob::default() };
    for (number, line) in lines.into_iter().enumerate() {
        if number > 0 {
            push(&mut job, "\n", font, color);
        }
        match direction::has_right_to_left(line) {
            true => direction::visual_parts(line, kind).iter().for_each(|part| push(&mut job, part, font, color)),
            false => push(&mut job, line, font, color),
        }
    }
    job
}

/// Adds a section. [`LayoutJob::append`] would merge it with the one before it, and egui would shape both in one direction.
fn push(job: &mut LayoutJob, text: &str, font: &FontId, color: Color32) {
    let start = job.text.len();
    job.text.push_str(text);
    job.sections.push(LayoutSection {
        leading_space: 0.0,
        byte_range: start.into()..job.text.len().into(),
        format: TextFormat::simple(font.clone(), color),
    });
}
