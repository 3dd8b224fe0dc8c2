//! The whole editor, frame by frame: puts the parts together and does what they ask for. Built from a session and a parameter
//! writer, so it runs without a host. Main thread; reads snapshots, never waits for engine or files.

mod frame_state;

use std::sync::Arc;

use egui::{Rect, Ui, Vec2};
use engine::Latent;
use engine::pack::{LatentDistribution, RandomPoints};
use engine::params::is_within_recording;
use engine::state::SoundState;

use self::frame_state::FrameState;
use super::browser::{Browser, BrowserAction, Tab};
use super::drag::{self, Dragged};
use super::gestures::{ParamGestures, ParamWriter};
use super::header::{self, Action, HeaderState, Meter};
use super::history::History;
use super::idle_preview::IdlePreview;
use super::keys::Keys;
use super::knob::{Knob, Typing};
use super::layout::{Regions, cells, inside};
use super::pad::{Pad, PadAction, corner_at};
use super::region_editor::RegionEditor;
use super::wave::{Overlay, Wave};
use super::{morph, region_editor, status, strip, theme};
use crate::folder::{export_folder, free_path, is_audio, is_pack};
use crate::jobs::Job;

use crate::params::ParamId;
use crate::project::Edit;
use crate::session::{Outcome, Session};
use crate::target::Target;

const KNOB_RADIUS: f32 = 29.0;
/// How far "Vary" moves each knob, in σ: half the usual distance between neighbouring sounds.
const VARY_SIGMA: f32 = 0.35;
/// How often the editor looks for news while nothing moves, and while something does.
const IDLE_S: f32 = 0.25;
const LIVE_S: f32 = 1.0 / 30.0;

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
    history: History,
    /// Region and key of an imported sound, while they are shown instead of knobs and pad.
    region_editor: Option<RegionEditor>,
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
            history: History::default(),
            region_editor: None,
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
        self.meter.follow(now.meters.peak, ui.input(|input| input.stable_dt).min(0.25));
        let color = theme::between(self.gestures.normalized(ParamId::MORPH));
        let mut change = self.show_header(ui, &regions, &now, color);
        self.show_browser(ui, &regions, &now);
        self.show_wave(ui, &regions, &now, color);
        if !self.show_region_editor(ui, &regions) {
            self.show_knobs(ui, &regions, &now);
            self.show_pad(ui, &regions, &now);
        }
        strip::show(ui, &regions, &mut self.gestures, &mut self.typing);
        self.keys.show(ui, regions.keys, &self.session.store);
        self.take_os_file(ui, &regions);
        let pack = now.loaded.as_ref().map_or("", |loaded| loaded.catalogue.pack_name.as_str());
        status::show(ui, regions.status, now.status.as_ref(), self.session.is_busy());
        if status::pack(ui, regions.status, pack, self.session.is_frozen()) {
            self.session.adopt_pack();
        }
        change = status::resize_corner(ui, window).map(WindowChange::Size).or(change);
        if let Some(target) = status::messages(ui, regions.wave, &self.session.store) {
            self.open_region_editor(target);
        }
        drag::paint_ghost(ui);
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
        let (name, remark) = if morph <= 0.0 {
            let remark = if now.is_named { "on the knobs" } else { "a point between the sounds" };
            (now.knobs_name.clone(), remark.to_owned())
        } else if morph >= 1.0 {
            (now.pad_name.clone(), "on the pad".to_owned())
        } else {
            (format!("{} › {}", now.knobs_name, now.pad_name), format!("{:.0} % of the way", morph * 100.0))
        };
        let head = HeaderState {
            name: &name,
            remark: &remark,
            color,
            can_go_back: !self.history.is_empty(),
            can_export: now.sound.is_some(),
            scale: self.scale,
        };
        match header::show(ui, regions.header, &head, &self.meter)? {
            Action::Back => self.go_back(),
            Action::Random => {
                let anywhere = LatentDistribution::default();
                let distribution = now.loaded.as_ref().map_or(&anywhere, |loaded| &loaded.catalogue.distribution);
                let point = self.random.anywhere(distribution);
                self.go_to(None, &point);
            }
            Action::Vary => {
                let point = self.random.near(&self.gestures.knobs(), VARY_SIGMA);
                self.go_to(None, &point);
            }
            Action::Import => self.browser.tab = Tab::Files,
            Action::Export => self.export(now, &name),
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
        match self.browser.show(ui, regions.browser, catalogue, current, &self.session.library.folder) {
            Some(BrowserAction::Send(what, target)) => self.send(&what, target),
            Some(BrowserAction::Open(folder)) => self.session.run(Job::List(folder)),
            Some(BrowserAction::ListPacks) => self.session.run(Job::ListPacks),
            Some(BrowserAction::Change(found)) => self.session.run(Job::ChangePack(found)),
            Some(BrowserAction::Add(path)) => self.session.run(Job::AddPack(path)),
            None => {}
        }
    }

    fn show_wave(&mut self, ui: &Ui, regions: &Regions, now: &FrameState, color: egui::Color32) {
        let empty = if now.loaded.is_some() { "The first sound is on its way …" } else { "Loading the pack …" };
        let overlay = Overlay { color, playhead: now.meters.playhead, empty };
        self.wave.show(ui, regions.wave, now.sound.clone(), &overlay);
    }

    /// Shows the region_editor if one is open; `false` if none is.
    fn show_region_editor(&mut self, ui: &mut Ui, regions: &Regions) -> bool {
        let Some(region_editor) = &mut self.region_editor else { return false };
        // Escape and Enter belong to a value that is being typed.
        let hears_keys = self.typing.is_none();
        if !region_editor.show(ui, regions.region_editor(), &self.session, &mut self.gestures, hears_keys) {
            self.region_editor = None;
        }
        true
    }

    fn open_region_editor(&mut self, target: Target) {
        self.gestures.release_all();
        self.close_region_editor();
        self.region_editor = RegionEditor::open(target, &self.session, &self.gestures);
    }

    /// Closes the region_editor as "Done" does.
    fn close_region_editor(&mut self) {
        if let Some(mut region_editor) = self.region_editor.take() {
            region_editor.sync_source(&self.session, &mut self.gestures);
        }
    }

    fn show_pad(&mut self, ui: &mut Ui, regions: &Regions, now: &FrameState) {
        match self.pad.show(ui, regions.pad, &mut self.gestures, &now.corners) {
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
        let (knobs, slider) = room.split_top_bottom_at_y(room.max.y - 52.0);
        // The row of knobs floats in the middle of what a larger window leaves.
        let knobs = Rect::from_center_size(knobs.center(), egui::vec2(knobs.width(), 112.0));
        for (axis, cell) in cells(knobs, engine::units::MODEL_LATENTS).enumerate() {
            let learned = now.loaded.as_ref().and_then(|loaded| loaded.catalogue.axes.get(axis));
            let plain = format!("z{}", axis + 1);
            let label = learned.map_or(plain.as_str(), |axis| axis.name.as_str());
            let id = ParamId::latent(axis);
            let knob = Knob { id, label, color: theme::AMBER, radius: KNOB_RADIUS, from_middle: true };
            knob.show(ui, cell, &mut self.gestures, &mut self.typing);
            if self.gestures.holds(id) {
                self.forget_name();
            }
        }
        morph::show(ui, slider, &mut self.gestures, &now.knobs_name, &now.pad_name);
        if let Some(what) = target.dnd_release_payload::<Dragged>() {
            self.send(&what, Target::Knobs);
        }
    }

    /// The knobs were turned. A recording stays with them while it is still heard.
    fn forget_name(&self) {
        let store = &self.session.store;
        let is_recorded = store.knobs_are_recorded();
        let is_far = |sound: &SoundState| !is_recorded || !is_within_recording(&sound.latent, &self.gestures.knobs());
        if store.project().knobs.as_deref().is_some_and(is_far) {
            store.apply(Edit::MoveToSound(None));
        }
    }

    fn send(&mut self, what: &Dragged, target: Target) {
        match (what, target) {
            (Dragged::Sound { name, latent }, Target::Corner(corner)) => {
                self.session.store.apply(Edit::set_corner(corner, SoundState::new(name, *latent)));
            }
            (Dragged::Sound { name, latent }, Target::Knobs) => {
                self.go_to_sound(Arc::new(SoundState::new(name, *latent)))
            }
            (Dragged::File(path), target) => {
                self.session.run(Job::Import { path: path.clone(), target, revision: self.session.store.revision() })
            }
        }
    }

    fn go_to_sound(&mut self, sound: Arc<SoundState>) {
        let point = sound.latent;
        self.go_to(Some(sound), &point);
    }

    /// Sends the knobs to a point and makes them heard.
    fn go_to(&mut self, sound: Option<Arc<SoundState>>, point: &Latent) {
        let left = self.session.store.project().knobs.clone();
        self.history.leave(left, self.gestures.knobs());
        self.arrive(sound, point);
    }

    fn go_back(&mut self) {
        if let Some((sound, point)) = self.history.pop() {
            self.arrive(sound, &point);
        }
    }

    fn arrive(&mut self, sound: Option<Arc<SoundState>>, point: &Latent) {
        self.gestures.put_knobs(point);
        self.gestures.put(ParamId::MORPH, 0.0);
        self.session.store.apply(Edit::MoveToSound(sound));
    }

    fn export(&self, now: &FrameState, name: &str) {
        if let Some(sound) = now.sound.clone() {
            let path = free_path(&export_folder(), &name.replace(" › ", " to "));
            self.session.run(Job::Export { path, sound });
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
                    }
                }
                Outcome::Listed(listing) => self.browser.set_listing(listing),
                Outcome::Packs(packs) => self.browser.set_packs(packs),
            }
        }
    }

    /// An audio file that the system drops goes to the corner it falls on, elsewhere to the knobs; a pack is played.
    fn take_os_file(&mut self, ui: &Ui, regions: &Regions) {
        let Some(path) = drag::os_dropped_file(ui) else { return };
        if is_pack(&path) {
            return self.session.run(Job::AddPack(path));
        }
        if !is_audio(&path) {
            self.session.store.notices.fault(format!("{} is no WAV, AIFF or FLAC file and no pack.", path.display()));
            return;
        }
        let place = ui.input(|input| input.pointer.latest_pos());
        let corner = place.and_then(|place| corner_at(inside(regions.pad), place));
        // The region_editor hides the pad: what falls on it takes its sound's place.
        let is_on_region_editor = place.is_some_and(|place| regions.region_editor().contains(place));
        let region_editor = self.region_editor.as_ref().filter(|_| is_on_region_editor).map(RegionEditor::target);
        let target = region_editor.or(corner.map(Target::Corner));
        self.send(&Dragged::File(path), target.unwrap_or(Target::Knobs));
    }

    fn plan_next_frame(&self, ui: &Ui, now: &FrameState) {
        let is_live = now.meters.playhead.is_some() || self.meter.is_moving() || self.session.is_busy();
        ui.ctx().request_repaint_after_secs(if is_live { LIVE_S } else { IDLE_S });
    }
}

impl Drop for EditorView {
    fn drop(&mut self) {
        self.close_region_editor();
        self.keys.release(&self.session.store);
    }
}
