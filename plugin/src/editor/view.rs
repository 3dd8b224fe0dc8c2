//! The whole editor, frame by frame: puts the parts together and does what they ask for. Built from a session and a parameter
//! writer, so it runs without a host. Main thread; reads snapshots, never waits for engine or files.

mod controllers;
mod dropping;
mod endless;
mod exporting;
mod fitting;
mod frame_state;
mod moving;
mod pad_path;
mod presets;
mod prime;
mod region;
mod steps;

use std::sync::Arc;

use egui::{Rect, Ui, Vec2};
use engine::pack::{Control, LatentDistribution, RandomPoints};

use self::controllers::Following;
use self::fitting::FitRemark;
use self::frame_state::FrameState;
use super::audition::Audition;
use super::browser::{Browser, BrowserAction, BrowserState, Tab};
use super::drag::{self, Dragged};
use super::endless_dialog::EndlessDialog;
use super::gestures::{ParamGestures, ParamWriter};
use super::header::{self, Action, HeaderState, Meter};
use super::idle_preview::IdlePreview;
use super::keys::Keys;
use super::knob::Knob;
use super::layout::{Regions, cells, inside};
use super::morph_follow::{MorphFollow, SILENT};
use super::pad::{Pad, PadAction};
use super::preset_dialog::PresetDialog;
use super::region_editor::RegionEditor;
use super::strip::StripAction;
use super::typing::Typing;
use super::wave::{Overlay, Wave};
use super::{morph, region_editor, status, strip, theme};
use crate::jobs::{Job, PresetJob};
use crate::params::ParamId;
use crate::project::Edit;
use crate::session::{Outcome, Session};
use crate::system_fonts::{FontSearch, Step, SystemFonts};
use crate::target::Target;

/// Radius of a large knob in points: seven stand side by side in the smallest window.
const KNOB_RADIUS: f32 = 29.0;
/// Height in points of the row of large knobs and of the morph slider below it.
const KNOBS_HEIGHT: f32 = 112.0;
const MORPH_HEIGHT: f32 = 52.0;
/// Seconds from one frame to the next while nothing moves, and while something does. Four frames a second cost next to no processor time
/// and show what the host changes without a noticed delay; thirty show a moving playhead smoothly.
const IDLE_S: f32 = 0.25;
const LIVE_S: f32 = 1.0 / 30.0;
/// Longest time in seconds by which a meter falls at once: a window that was hidden does not start from an empty meter.
const LONGEST_FRAME_S: f32 = 0.25;

/// What the window should do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum WindowChange {
    /// Take this size, in points.
    Size(Vec2),
    /// Take this scale.
    Scale(f32),
}

/// The editor's parts and what they remember from frame to frame.
pub struct EditorView {
    session: Arc<Session>,
    gestures: ParamGestures,
    typing: Option<Typing>,
    browser: Browser,
    pad: Pad,
    wave: Wave,
    keys: Keys,
    meter: Meter,
    idle_preview: IdlePreview,
    random: RandomPoints,
    audition: Audition,
    morph_follow: MorphFollow,
    /// Name of the step that the gestures of this frame are, if they are not named after their parameter.
    step_name: Option<String>,
    /// Whether no gesture went on at the end of the last frame.
    was_idle: bool,
    fonts: FontSearch,
    /// Region and key of an imported sound, while they are shown instead of knobs and pad.
    region_editor: Option<RegionEditor>,
    /// The dialog in which a preset gets its name, while it is open.
    preset_dialog: Option<PresetDialog>,
    /// The dialog in which an endless sound gets its length, while it is open.
    endless_dialog: Option<EndlessDialog>,
    /// Whether a preset was loaded since the last frame.
    has_loaded_preset: bool,
    fit_remark: FitRemark,
    following: Following,
    scale: f32,
}

impl EditorView {
    /// For a session; parameter writes go to `writer`.
    pub fn new(session: Arc<Session>, writer: Box<dyn ParamWriter>, random: RandomPoints, scale: f32) -> Self {
        Self {
            gestures: ParamGestures::new(Arc::clone(&session.params), writer),
            session,
            typing: None,
            browser: Browser::default(),
            pad: Pad::default(),
            wave: Wave::default(),
            keys: Keys::default(),
            meter: Meter::default(),
            idle_preview: IdlePreview::default(),
            random,
            audition: Audition::default(),
            morph_follow: MorphFollow::default(),
            step_name: None,
            was_idle: true,
            fonts: FontSearch::new(),
            region_editor: None,
            preset_dialog: None,
            endless_dialog: None,
            has_loaded_preset: false,
            fit_remark: FitRemark::default(),
            following: Following::default(),
            scale,
        }
    }

    /// Draws everything and does what the user asks. Says what the window should do.
    pub fn show(&mut self, ui: &mut Ui) -> Option<WindowChange> {
        self.take_news();
        let window = ui.ctx().content_rect();
        ui.set_clip_rect(window);
        let regions = Regions::of(window);
        let now = self.look();
        ui.painter().rect_filled(window, 0.0, theme::GROUND);
        if let Some(loaded) = &now.loaded {
            self.idle_preview.follow(ui.input(|input| input.time), &self.session, loaded);
        }
        self.meter.follow(now.meters.peak, ui.input(|input| input.stable_dt).min(LONGEST_FRAME_S));
        let color = theme::between(self.gestures.normalized(ParamId::MORPH));
        self.hear_undo_keys(ui);
        let mut change = self.show_header(ui, &regions, &now, color);
        self.show_browser(ui, &regions, &now);
        self.show_wave(ui, &regions, &now, color);
        self.gestures.take_begun();
        if !self.show_region_editor(ui, &regions) {
            self.show_knobs(ui, &regions, &now);
            self.show_pad(ui, &regions, &now);
            self.follow_touch(ui, &now);
        }
        self.show_loop(ui, &regions, &now);
        self.show_strip(ui, &regions, &now);
        self.follow_touched_controls();
        self.follow_controllers(ui, &now);
        self.keys.show(ui, regions.keys, &self.session.store);
        self.take_os_files(ui, &regions);
        let pack = now.loaded.as_ref().map_or("", |loaded| loaded.catalogue.pack_name.as_str());
        let remark = self.fit_remark.shown(ui);
        status::show(ui, regions.status, now.status.as_ref(), self.session.is_busy(), remark);
        if status::pack(ui, regions.status, pack, self.session.is_frozen()) {
            self.session.adopt_pack();
        }
        change = status::resize_corner(ui, window).map(WindowChange::Size).or(change);
        if let Some(target) = status::messages(ui, regions.wave, &self.session.store) {
            self.open_region_editor(target);
        }
        drag::paint_ghost(ui);
        self.show_preset_dialog(ui);
        self.show_endless(ui, regions.status);
        self.close_step(&now);
        self.ask_for_preset(ui, &now);
        self.play_choice(ui, &now);
        self.follow_fonts(ui);
        self.plan_next_frame(ui, &now);
        change
    }

    fn show_header(
        &mut self,
        ui: &mut Ui,
        regions: &Regions,
        now: &FrameState,
        color: egui::Color32,
    ) -> Option<WindowChange> {
        let morph = self.gestures.normalized(ParamId::MORPH);
        let (name, mixed_with, remark) = if morph <= 0.0 {
            let remark = if now.is_named { "on the knobs" } else { "between sounds" };
            (&now.knobs_name, None, remark.to_owned())
        } else if morph >= 1.0 {
            (&now.pad_name, None, "on the pad".to_owned())
        } else {
            (&now.knobs_name, Some(now.pad_name.as_str()), format!("{:.0} % of the way", morph * 100.0))
        };
        let head = HeaderState {
            preset: now.preset.as_ref(),
            name,
            mixed_with,
            remark: &remark,
            color,
            steps: &now.steps,
            seed: now.chance_seed,
            can_export: now.sound.is_some(),
            scale: self.scale,
        };
        match header::show(ui, regions.header, &head, &self.meter)? {
            Action::Undo => self.undo(),
            Action::Redo => self.redo(),
            Action::StepPreset(by) => self.run_preset(PresetJob::Step(by, self.browser.preset_query())),
            Action::ShowPresets => self.show_presets(),
            Action::Random => {
                let anywhere = LatentDistribution::default();
                let distribution = now.loaded.as_ref().map_or(&anywhere, |loaded| &loaded.catalogue.distribution);
                let point = self.random.anywhere(distribution);
                self.go_to("Random", None, &point);
            }
            Action::Vary => self.vary(now),
            Action::Import => self.browser.tab = Tab::Files,
            Action::Export => self.export(now, &exported_name(name, mixed_with)),
            Action::ExportTakes(count) => self.export_takes(now, &exported_name(name, mixed_with), count),
            Action::Scale(scale) => {
                self.scale = scale;
                return Some(WindowChange::Scale(scale));
            }
        }
        None
    }

    fn show_browser(&mut self, ui: &mut Ui, regions: &Regions, now: &FrameState) {
        let catalogue = now.loaded.as_ref().map(|loaded| &loaded.catalogue);
        let current = if now.is_named { now.knobs_name.as_str() } else { "" };
        let folder = &self.session.library.folder;
        let preset = now.preset.as_ref().map_or("", |preset| preset.id.as_str());
        let shown = BrowserState { catalogue, current, folder, plays_choice: now.view.plays_choice, preset };
        match self.browser.show(ui, regions.browser, &shown) {
            Some(BrowserAction::Send(what, target)) => {
                self.send(&what, target);
                self.ask_for_choice(ui, &what, target, now);
            }
            Some(BrowserAction::PlayChoice(is_on)) => {
                self.session.store.change_view(|view| view.plays_choice = is_on);
            }
            Some(BrowserAction::Open(folder)) => self.session.run(Job::List(folder)),
            Some(BrowserAction::ListPacks) => self.session.run(Job::ListPacks),
            Some(BrowserAction::Change(found)) => self.session.run(Job::ChangePack(found)),
            Some(BrowserAction::Add(path)) => self.session.run(Job::AddPack(path)),
            Some(BrowserAction::Tune(path)) => self.session.run(Job::Tune(path)),
            Some(BrowserAction::Preset(asked)) => self.do_preset_action(asked, now),
            None => {}
        }
    }

    fn show_wave(&mut self, ui: &Ui, regions: &Regions, now: &FrameState, color: egui::Color32) {
        let empty = if now.loaded.is_some() { "The first sound is on its way …" } else { "Loading the pack …" };
        let overlay = Overlay { color, playhead: now.meters.playhead, empty };
        self.wave.show(ui, regions.wave, now.sound.clone(), &overlay);
    }

    fn show_strip(&mut self, ui: &mut Ui, regions: &Regions, now: &FrameState) {
        let shown = now.strip_state();
        match strip::show(ui, regions.strip, now.view.tab, &shown, &mut self.gestures, &mut self.typing) {
            Some(StripAction::Open(tab)) => self.session.store.change_view(|view| view.tab = tab),
            Some(StripAction::Route(routes)) => self.set_routes(routes),
            Some(StripAction::Steps(levels)) => self.set_step_levels(levels),
            Some(StripAction::RemovePath) => self.remove_path(now),
            Some(StripAction::Tuning(asked)) => self.change_tuning(asked, now),
            Some(StripAction::Prime(asked)) => self.change_prime(asked, now),
            Some(StripAction::Seed(seed)) => {
                self.session.store.apply(Edit::SetSeed(seed));
            }
            None => {}
        }
    }

    fn show_pad(&mut self, ui: &mut Ui, regions: &Regions, now: &FrameState) {
        let follows = now.view.morph_follows;
        match self.pad.show(ui, regions.pad, &mut self.gestures, &now.corners, (follows, &now.pad_path)) {
            Some(PadAction::Follow(is_on)) => self.session.store.change_view(|view| view.morph_follows = is_on),
            Some(PadAction::Recorded(path)) => self.take_path(path, now),
            Some(PadAction::Put(corner, what)) => self.send(&what, Target::Corner(corner)),
            Some(PadAction::Open(corner)) => self.open_region_editor(Target::Corner(corner)),
            None => {}
        }
    }

    fn show_knobs(&mut self, ui: &mut Ui, regions: &Regions, now: &FrameState) {
        theme::panel(ui.painter(), regions.knobs, "Knobs");
        let link = regions.knobs.right_top() + egui::vec2(-12.0, 8.0);
        if now.is_knobs_imported
            && region_editor::link(ui, link, egui::Align2::RIGHT_TOP, "Region and key of the knobs")
        {
            self.open_region_editor(Target::Knobs);
        }
        let target = ui.interact(regions.knobs, ui.scope_id().with("knobs"), egui::Sense::hover());
        if target.dnd_hover_payload::<Dragged>().is_some() {
            let stroke = egui::Stroke::new(1.5, theme::AMBER);
            ui.painter().rect_stroke(regions.knobs, theme::PANEL_ROUND, stroke, egui::StrokeKind::Inside);
        }
        let room = inside(regions.knobs);
        let (knobs, slider) = room.split_top_bottom_at_y(room.max.y - MORPH_HEIGHT);
        // In a larger window the row of knobs stands in the middle of the room above the slider.
        let knobs = Rect::from_center_size(knobs.center(), egui::vec2(knobs.width(), KNOBS_HEIGHT));
        for (axis, cell) in cells(knobs, engine::units::MODEL_LATENTS).enumerate() {
            let learned = now.loaded.as_ref().and_then(|loaded| loaded.catalogue.axes.get(axis));
            let plain = format!("z{}", axis + 1);
            let is_used = learned.is_none_or(Control::is_used);
            let label = if is_used { learned.map_or(plain.as_str(), |axis| axis.name.as_str()) } else { "not used" };
            let id = ParamId::latent(axis);
            let knob = Knob { id, label, color: theme::AMBER, radius: KNOB_RADIUS, from_middle: true };
            knob.show(ui, cell, &mut self.gestures, &mut self.typing);
            if !is_used {
                theme::dim(ui.painter(), cell);
            }
            if self.gestures.holds(id) {
                self.forget_name();
            }
        }
        if self.gestures.normalized(ParamId::MORPH) >= 1.0 - SILENT {
            theme::dim(ui.painter(), knobs);
        }
        if morph::show(ui, slider, &mut self.gestures, &now.knobs_name, &now.pad_name, self.morph_follow.is_gliding()) {
            self.morph_follow.stop();
        }
        if let Some(what) = target.dnd_release_payload::<Dragged>() {
            self.send(&what, Target::Knobs);
        }
    }

    fn take_news(&mut self) {
        for outcome in self.session.take_outcomes() {
            match outcome {
                Outcome::KnobsTo(sound, revision) => {
                    if revision == self.session.store.revision() {
                        self.go_to_sound(sound);
                    }
                }
                Outcome::Surveyed(ticket, survey) => {
                    if let Some(region_editor) = &mut self.region_editor {
                        region_editor.take(ticket, survey);
                    }
                }
                Outcome::KnobsMoved(step) => {
                    if step.holds(self.session.store.revision(), &self.gestures.knobs()) {
                        self.gestures.put_knobs(&step.point);
                        self.amend_step();
                    }
                }
                Outcome::ParametersTo(values, revision) => {
                    if revision == self.session.store.revision() {
                        self.gestures.put_all(&values);
                        self.amend_step();
                        self.has_loaded_preset = true;
                    }
                }
                Outcome::Listed(listing) => self.browser.set_listing(listing),
                Outcome::Packs(packs) => self.browser.set_packs(packs),
                Outcome::Presets(presets) => self.browser.set_presets(presets),
            }
        }
    }

    /// Has the system's fonts found once a name needs them, and takes them over when they are.
    fn follow_fonts(&mut self, ui: &Ui) {
        match self.fonts.step() {
            Some(Step::Find) => self.session.run(Job::FindFonts),
            // Setting the provider anew makes egui forget which characters it did not find.
            Some(Step::AskAgain) => ui.ctx().set_font_providers(vec![Arc::new(SystemFonts)]),
            None => {}
        }
    }

    fn plan_next_frame(&self, ui: &Ui, now: &FrameState) {
        let is_live = now.meters.playhead.is_some() || self.meter.is_moving() || self.session.is_busy();
        let is_live = is_live || now.status.as_ref().is_some_and(|status| status.progress.is_some());
        let is_live = is_live || self.audition.is_busy() || self.morph_follow.is_gliding() || self.is_endless_moving();
        let is_live = is_live || self.is_learning_or_following();
        ui.ctx().request_repaint_after_secs(if is_live { LIVE_S } else { IDLE_S });
    }
}

/// The name of the files of a sound that may be mixed with another one.
fn exported_name(name: &str, mixed_with: Option<&str>) -> String {
    mixed_with.map_or_else(|| name.to_owned(), |other| format!("{name} to {other}"))
}

impl Drop for EditorView {
    fn drop(&mut self) {
        self.close_region_editor();
        self.session.leave_endless();
        self.session.controllers.stop_listening();
        self.keys.release(&self.session.store);
        self.audition.release(&self.session.store);
        let now = self.look();
        self.gestures.release_all();
        self.close_step(&now);
    }
}
