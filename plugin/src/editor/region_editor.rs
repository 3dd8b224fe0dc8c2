//! The region editor: which two seconds of its file an imported sound is, and at which key. It lies over knobs and pad, so that the
//! picture of the sound above it and the keyboard below it go on showing and playing what is chosen.
//!
//! Main thread. It neither reads files nor encodes: it asks the job thread and shows what came back.

mod key;
mod picture;
mod region;
mod row;

use std::sync::Arc;

use egui::{Align2, Color32, Key, Pos2, Rect, Sense, Ui, pos2, vec2};
use engine::Latent;
use engine::import::Choice;
use engine::spectral::SpectralShape;
use engine::state::{Cut, SoundState};

use super::button::button;
use super::gestures::ParamGestures;
use super::keys::Keys;
use super::layout::inside;
use super::name;
use super::theme::{self, AMBER, DIM, FAINT, TEAL, TEXT};
use crate::folder::file_name;
use crate::jobs::Job;
use crate::params::ParamId;
use crate::reimport::{RegionChange, Survey, stands};
use crate::revision::Revision;
use crate::session::Session;
use crate::target::Target;
use picture::{Grab, Picture};
use region::{VisibleRange, limited_start};

/// A choice that has not changed for this long is carried out. Key repeats and the steps of a drag come at most 0.1 s apart, so a choice
/// is carried out once when it is made, not on the way.
const REST_S: f64 = 0.2;
/// Arrow keys move the region by this, in seconds: a few presses pass an attack. With Shift they move it by the finer step, a tenth of a
/// period at 100 Hz.
const NUDGE_S: f64 = 0.01;
const FINE_NUDGE_S: f64 = 0.001;
/// Places nearer than this, in seconds, are the same: a fifth of a sample at 192 kHz.
const SAME_S: f64 = 1e-6;
/// Height of the controls, in points.
const BUTTON: f32 = 28.0;
/// Width of the button that makes the sound endless, in points.
const ENDLESS_WIDTH: f32 = 116.0;
/// Width of the file's name in the head, in points; the remark at its right needs the rest.
const NAME_WIDTH: f32 = 260.0;
/// What "Listen" moves and closing puts back.
const PLACES: [ParamId; 3] = [ParamId::PAD_X, ParamId::PAD_Y, ParamId::MORPH];

/// The region editor while it is open.
pub struct RegionEditor {
    target: Target,
    /// The sound as it was before anything was asked for, for "Cancel".
    before: Arc<SoundState>,
    knobs_before: Latent,
    /// Revision of the project for which it was opened.
    revision: Revision,
    /// Ticket of the survey that this editor waits for.
    ticket: u64,
    survey: Option<Result<Survey, String>>,
    is_fresh: bool,
    visible: Option<VisibleRange>,
    region_s: f64,
    /// What the user sees as chosen, and what was last asked for.
    choice: Choice,
    asked: Choice,
    has_asked: bool,
    /// When the choice last changed, in the window's seconds.
    changed_s: f64,
    grab: Grab,
    /// Drag or wheel that does not fill a step yet, in points.
    rest: f32,
    listening: Keys,
    is_listening: bool,
    /// Where pad and morph stood before "Listen" went to the sound's corner.
    places: Option<[f32; 3]>,
    /// Whether the sound is to be made endless.
    wants_endless: bool,
}

/// What a frame of the region editor ends with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Done,
    Cancel,
}

impl RegionEditor {
    /// For an imported sound; none where no such sound stands.
    pub fn open(target: Target, session: &Arc<Session>, gestures: &ParamGestures) -> Option<Self> {
        let before = session.store.project().sound_at(target).cloned()?;
        before.audio.as_ref()?;
        let choice = cut_of(&before).choice();
        let ticket = session.surveys.next();
        session.run(Job::Survey { sound: before.clone(), ticket });
        Some(Self {
            target,
            before,
            knobs_before: gestures.knobs(),
            revision: session.store.revision(),
            ticket,
            survey: None,
            is_fresh: true,
            visible: None,
            region_s: region_s(session),
            choice,
            asked: choice,
            has_asked: false,
            changed_s: 0.0,
            grab: None,
            rest: 0.0,
            listening: Keys::default(),
            is_listening: false,
            places: None,
            wants_endless: false,
        })
    }

    /// Where its sound stands.
    pub fn target(&self) -> Target {
        self.target
    }

    /// The place of its sound if that is to be made endless, once.
    pub fn take_endless(&mut self) -> Option<Target> {
        std::mem::take(&mut self.wants_endless).then_some(self.target)
    }

    /// Takes the survey of the sound's file, if it is the one that this editor waits for.
    pub fn take(&mut self, ticket: u64, survey: Result<Survey, String>) {
        if ticket == self.ticket {
            let length_s = survey.as_ref().map_or(0.0, |survey| survey.outline.length_s());
            self.visible = Some(VisibleRange::whole(length_s, self.region_s));
            self.survey = Some(survey);
        }
    }

    /// Draws the region editor and does what the user asks; `false` once it is closed.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        panel: Rect,
        session: &Arc<Session>,
        gestures: &mut ParamGestures,
        hears_keys: bool,
    ) -> bool {
        if session.store.revision() != self.revision || !stands(&session.store, &self.before, self.target) {
            self.leave(session, gestures);
            return false;
        }
        if std::mem::take(&mut self.is_fresh) {
            // Arrow keys belong to the region editor now, not to the knob that was turned last.
            ui.memory_mut(|memory| memory.focused().into_iter().for_each(|id| memory.surrender_focus(id)));
        }
        // The pending choice is read before the sound: a change that lands between the two reads is then seen in the sound.
        let coming = session.pending_changes(self.target).choice();
        let cut = session.store.project().sound_at(self.target).map(|sound| cut_of(sound)).unwrap_or_default();
        self.catch_up(coming.unwrap_or(cut.choice()));
        let before = self.choice;
        self.paint_head(ui, panel, &cut, session.is_busy());
        let (screen, row) = parts(panel);
        self.show_picture(ui, screen);
        self.show_endless_button(ui, panel);
        let end = self.show_row(ui, row, &cut, session, gestures);
        let end = end.or_else(|| if hears_keys { self.hear_keys(ui, &cut) } else { None });
        self.follow(ui, before, session, gestures);
        match end {
            Some(End::Done) => self.sync_source(session, gestures),
            Some(End::Cancel) => self.cancel(session, gestures),
            None => return true,
        }
        false
    }

    /// Until this editor has asked for a change, shows the choice that the sound has, or is about to get from an earlier change. What
    /// the user has already chosen here stays.
    fn catch_up(&mut self, now: Choice) {
        if self.has_asked {
            return;
        }
        if self.choice.key == self.asked.key {
            self.choice.key = now.key;
        }
        if self.choice.region_s == self.asked.region_s {
            self.choice.region_s = now.region_s;
        }
        self.asked = now;
    }

    /// Asks for a choice once it rests.
    fn follow(&mut self, ui: &Ui, before: Choice, session: &Arc<Session>, gestures: &ParamGestures) {
        let now_s = ui.input(|input| input.time);
        // An earlier change must land first: its result is what "Cancel" goes back to.
        let must_wait = !self.has_asked && session.pending_changes(self.target).is_busy();
        if self.choice != before || must_wait {
            self.changed_s = now_s;
        }
        if self.choice != self.asked {
            if now_s - self.changed_s >= REST_S {
                self.ask(session, gestures);
            }
            ui.ctx().request_repaint_after_secs(REST_S as f32 / 2.0);
        }
    }

    fn ask(&mut self, session: &Arc<Session>, gestures: &ParamGestures) {
        let Some(sound) = session.store.project().sound_at(self.target).cloned() else { return };
        if !self.has_asked {
            (self.before, self.knobs_before) = (sound.clone(), gestures.knobs());
        }
        let (ticket, choice) = (session.region_changes(self.target).next(), self.choice);
        let change = RegionChange { sound, target: self.target, choice, ticket, revision: self.revision };
        session.run(Job::ChangeRegion(Box::new(change)));
        (self.asked, self.has_asked) = (choice, true);
    }

    /// Carries out the choice and closes.
    pub fn sync_source(&mut self, session: &Arc<Session>, gestures: &mut ParamGestures) {
        let is_here = self.revision == session.store.revision() && stands(&session.store, &self.before, self.target);
        if self.choice != self.asked && is_here {
            self.ask(session, gestures);
        }
        self.leave(session, gestures);
    }

    /// Puts everything back and closes.
    fn cancel(&mut self, session: &Arc<Session>, gestures: &mut ParamGestures) {
        if self.has_asked && self.revision == session.store.revision() {
            // A change that is still being made must not arrive after this.
            session.region_changes(self.target).next();
            session.pending_changes(self.target).forget();
            session.replace_sound(
                self.revision,
                self.target,
                &self.before,
                SoundState::clone(&self.before),
                self.knobs_before,
            );
        }
        self.leave(session, gestures);
    }

    fn leave(&mut self, session: &Session, gestures: &mut ParamGestures) {
        self.listening.release(&session.store);
        // A survey that is still being made is not needed any more.
        session.surveys.next();
        // A recalled project has pad and morph positions of its own; a change of packs leaves them.
        if let Some(places) = self.places.take().filter(|_| self.revision.recalls == session.store.revision().recalls) {
            PLACES.into_iter().zip(places).for_each(|(id, place)| gestures.put(id, place));
        }
    }

    fn onset_s(&self) -> Option<f64> {
        self.survey.as_ref()?.as_ref().ok()?.onset_s
    }

    /// Where the region is shown to begin.
    fn start_s(&self, cut: &Cut) -> f64 {
        self.choice.region_s.or(self.onset_s()).unwrap_or(cut.start_s)
    }

    fn move_start(&mut self, start_s: f64) {
        let Some(Ok(Survey { outline, onset_s: Some(_), .. })) = &self.survey else { return };
        let start_s = limited_start(start_s, outline.length_s());
        self.choice.region_s = Some(start_s);
        self.visible = self.visible.map(|visible| visible.showing(start_s));
    }

    fn move_key(&mut self, semitones: i32, cut: &Cut) {
        if semitones != 0 {
            self.choice.key = Some(key::stepped(key::key(self.choice.key, cut), semitones));
        }
    }

    fn hear_keys(&mut self, ui: &Ui, cut: &Cut) -> Option<End> {
        if ui.ctx().egui_wants_keyboard_input() {
            return None;
        }
        let presses = |key| ui.input(|input| input.num_presses(key)) as i32;
        let step_s = if ui.input(|input| input.modifiers.shift) { FINE_NUDGE_S } else { NUDGE_S };
        let steps = presses(Key::ArrowRight) - presses(Key::ArrowLeft);
        if steps != 0 {
            self.move_start(self.start_s(cut) + f64::from(steps) * step_s);
        }
        self.move_key(presses(Key::ArrowUp) - presses(Key::ArrowDown), cut);
        match (presses(Key::Escape), presses(Key::Enter)) {
            (0, 0) => None,
            (0, _) => Some(End::Done),
            _ => Some(End::Cancel),
        }
    }

    fn color(&self) -> Color32 {
        if self.target == Target::Knobs { AMBER } else { TEAL }
    }

    fn paint_head(&self, ui: &Ui, panel: Rect, cut: &Cut, is_busy: bool) {
        theme::panel(ui.painter(), panel, "Region and key");
        let y = panel.min.y + 16.0;
        let painter = ui.painter();
        let name = self.before.file.as_deref().map_or_else(|| self.before.name.clone(), file_name);
        let place = pos2(panel.min.x + 116.0, y);
        let name = name::show(ui, place, Align2::LEFT_CENTER, &name, theme::bold(13.0), TEXT, NAME_WIDTH);
        let place = pos2(name.max.x + 10.0, y);
        let target = painter.text(place, Align2::LEFT_CENTER, self.target.describe(), theme::body(13.0), self.color());
        let is_taken = self.choice == cut.choice();
        let (text, color) = match &self.survey {
            Some(Err(error)) => (error.as_str(), theme::RED),
            _ if !is_taken && (is_busy || self.choice != self.asked) => ("working …", AMBER),
            _ if !is_taken => ("not taken: the sound stays as it was", theme::RED),
            Some(Ok(Survey { remark: Some(remark), .. })) => (remark.as_str(), DIM),
            _ => ("Drag the region · wheel: zoom · arrows: 10 ms, with Shift 1 ms", FAINT),
        };
        let right = panel.max.x - 12.0 - if self.has_endless_button() { ENDLESS_WIDTH + 12.0 } else { 0.0 };
        let room = right - target.max.x - 16.0;
        let place = pos2(right, y);
        name::show(ui, place, Align2::RIGHT_CENTER, text, theme::body(12.0), color, room);
    }

    /// The button at the right end of the head.
    fn show_endless_button(&mut self, ui: &Ui, panel: Rect) {
        if self.has_endless_button() {
            let center = pos2(panel.max.x - 12.0 - ENDLESS_WIDTH / 2.0, panel.min.y + 16.0);
            let made = button(ui, Rect::from_center_size(center, vec2(ENDLESS_WIDTH, 22.0)), "Make endless …", true);
            self.wants_endless = made.on_hover_text("Weave a loop of it that goes on while a key is held").clicked();
        }
    }

    fn has_endless_button(&self) -> bool {
        self.before.endless.is_none() && matches!(self.survey, Some(Ok(_)))
    }

    fn show_picture(&mut self, ui: &Ui, screen: Rect) {
        let (Some(Ok(survey)), Some(visible)) = (&self.survey, &mut self.visible) else {
            theme::well(ui.painter(), screen);
            let text = if self.survey.is_none() { "Reading the file …" } else { "" };
            ui.painter().text(screen.center(), Align2::CENTER_CENTER, text, theme::body(13.0), FAINT);
            return;
        };
        // A recording without its file is shown from its beginning.
        let start_s = survey.onset_s.map_or(0.0, |onset_s| self.choice.region_s.unwrap_or(onset_s));
        let color = if self.target == Target::Knobs { AMBER } else { TEAL };
        let picture = Picture { survey, start_s, region_s: self.region_s, color };
        let dragged = picture.show(ui, screen, visible, &mut self.grab);
        // A press that moves nothing is no choice.
        let moved = dragged.filter(|dragged| (*dragged - start_s).abs() > SAME_S);
        self.choice.region_s = moved.or(self.choice.region_s);
    }
}

/// How a sound was cut. In documents written before this was kept, the key of the recording counts as chosen.
fn cut_of(sound: &SoundState) -> Cut {
    sound.cut.clone().unwrap_or_else(|| Cut { chosen_key: sound.recorded_key(), ..Cut::default() })
}

/// Length of a sound of the loaded pack, in seconds.
fn region_s(session: &Session) -> f64 {
    let model = session.loaded_pack().and_then(|loaded| loaded.latents().ok());
    let shape = model.map_or(SpectralShape::DEFAULT, |model| *model.shape());
    (shape.frame_count * shape.hop_samples) as f64 / f64::from(shape.sample_rate_hz)
}

/// The picture and the row of controls below it.
fn parts(panel: Rect) -> (Rect, Rect) {
    let room = inside(panel).with_min_y(panel.min.y + 32.0).with_max_y(panel.max.y - 12.0);
    let row = room.with_min_y(room.max.y - BUTTON);
    (room.with_max_y(row.min.y - 12.0), row)
}

/// A small text that opens a region_editor; whether it was clicked. `name` says which region_editor.
pub fn link(ui: &Ui, place: Pos2, anchor: Align2, name: &str) -> bool {
    let galley = ui.painter().layout_no_wrap("region and key …".to_owned(), theme::body(12.0), FAINT);
    let rect = anchor.anchor_size(place, galley.size());
    // Drags are sensed too, so that a press on the link does not drag what lies below it.
    let response = ui.interact(rect.expand(3.0), ui.scope_id().with(("link", name)), Sense::click_and_drag());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Link, true, name));
    let lit = ui.ctx().animate_bool(response.id, response.hovered() || response.has_focus());
    ui.painter().galley_with_override_text_color(rect.min, galley, FAINT.lerp_to_gamma(TEXT, lit));
    response.clicked()
}
