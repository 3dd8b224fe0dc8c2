//! The instrument's face: puts the parts together and does what they ask for. Built from a session and a hand, so it runs
//! without a host. Main thread; reads snapshots, never waits for engine or files.

use std::sync::Arc;

use egui::{Rect, Ui, Vec2};
use engine::Latent;
use engine::instrument::{Meters, SoundView, Status};
use engine::pack::LatentDistribution;
use engine::params::is_within_recording;
use engine::state::SoundState;

use super::audition::Audition;
use super::browser::{Browser, Tab, Wish};
use super::drag::{self, Dragged};
use super::hand::{Gestures, Hand};
use super::header::{self, Action, Head, Meter};
use super::keys::Keys;
use super::knob::{Knob, Typing};
use super::layout::{Regions, cells, inside};
use super::pad::{self, Corner, Pad, corner_at};
use super::points::{Chance, Past, VARY_SIGMA};
use super::sheet::Sheet;
use super::wave::{Overlay, Wave};
use super::{morph, names, sheet, status, strip, theme};
use crate::errands::Errand;
use crate::folder::{export_folder, free_path, is_audio};
use crate::library::is_pack;
use crate::params::ParamId;
use crate::scene::CORNERS;
use crate::session::{Outcome, Rig, Session, Target};

const KNOB_RADIUS: f32 = 29.0;
/// How often the face looks for news while nothing moves, and while something does.
const IDLE_S: f32 = 0.25;
const LIVE_S: f32 = 1.0 / 30.0;

/// What the window around the face should do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum WindowWish {
    /// Take this size, in points.
    Size(Vec2),
    /// Take this scale.
    Scale(f32),
}

/// The face.
pub struct Face {
    session: Arc<Session>,
    hand: Hand,
    typing: Option<Typing>,
    browser: Browser,
    pad: Pad,
    wave: Wave,
    keys: Keys,
    meter: Meter,
    audition: Audition,
    chance: Chance,
    past: Past,
    /// Region and key of an imported sound, while they are shown instead of knobs and pad.
    sheet: Option<Sheet>,
    scale: f32,
}

/// What is true during one frame.
struct Moment {
    rig: Option<Arc<Rig>>,
    status: Option<Status>,
    meters: Meters,
    sound: Option<Arc<SoundView>>,
    corners: [Corner; CORNERS],
    knobs_name: String,
    is_knobs_imported: bool,
    is_named: bool,
    pad_name: String,
}

impl Face {
    /// For a session; parameter writes go to `gestures`.
    pub fn new(session: Arc<Session>, gestures: Box<dyn Gestures>, chance: Chance, scale: f32) -> Self {
        Self {
            hand: Hand::new(Arc::clone(&session.params), gestures),
            session,
            typing: None,
            browser: Browser::default(),
            pad: Pad::default(),
            wave: Wave::default(),
            keys: Keys::default(),
            meter: Meter::default(),
            audition: Audition::default(),
            chance,
            past: Past::default(),
            sheet: None,
            scale,
        }
    }

    /// Draws everything and does what the user asks. Says what the window should do.
    pub fn show(&mut self, ui: &mut Ui) -> Option<WindowWish> {
        self.take_news();
        let window = ui.ctx().content_rect();
        ui.set_clip_rect(window);
        let regions = Regions::of(window);
        let now = self.look();
        ui.painter().rect_filled(window, 0.0, theme::GROUND);
        if let Some(rig) = &now.rig {
            self.audition.follow(ui.input(|input| input.time), &self.session, rig);
        }
        self.meter.follow(now.meters.peak, ui.input(|input| input.stable_dt).min(0.25));
        let color = theme::between(self.hand.normalized(ParamId::MORPH));
        let mut wish = self.show_header(ui, &regions, &now, color);
        self.show_browser(ui, &regions, &now);
        self.show_wave(ui, &regions, &now, color);
        if !self.show_sheet(ui, &regions) {
            self.show_knobs(ui, &regions, &now);
            self.show_pad(ui, &regions, &now);
        }
        strip::show(ui, &regions, &mut self.hand, &mut self.typing);
        self.keys.show(ui, regions.keys, &self.session.desk);
        self.take_os_file(ui, &regions);
        let pack = now.rig.as_ref().map_or("", |rig| rig.catalogue.pack_name.as_str());
        status::show(ui, regions.status, now.status.as_ref(), self.session.is_busy());
        if status::pack(ui, regions.status, pack, self.session.is_frozen()) {
            self.session.thaw();
        }
        wish = status::resize_corner(ui, window).map(WindowWish::Size).or(wish);
        if let Some(target) = status::messages(ui, regions.wave, &self.session.desk) {
            self.open_sheet(target);
        }
        drag::paint_ghost(ui);
        self.plan_next_frame(ui, &now);
        wish
    }

    fn look(&self) -> Moment {
        let rig = self.session.rig();
        let readout = rig.as_ref().map(|rig| &rig.readout);
        let (corners, is_knobs_imported, (knobs_name, is_named)) = self.session.desk.read(|project| {
            let corners = project.corners.each_ref();
            (
                corners.map(|sound| Corner { name: sound.name.clone(), is_imported: sound.audio.is_some() }),
                project.knobs.as_ref().is_some_and(|sound| sound.audio.is_some()),
                names::of_point(&self.hand.knobs(), rig.as_deref(), project.knobs.as_ref()),
            )
        });
        Moment {
            status: readout.map(|readout| readout.status()),
            meters: readout.map(|readout| readout.meters()).unwrap_or_default(),
            sound: readout.and_then(|readout| readout.sound()),
            pad_name: names::of_pad([ParamId::PAD_X, ParamId::PAD_Y].map(|id| self.hand.normalized(id)), &corners),
            corners,
            knobs_name,
            is_knobs_imported,
            is_named,
            rig,
        }
    }

    fn show_header(
        &mut self,
        ui: &mut Ui,
        regions: &Regions,
        now: &Moment,
        color: egui::Color32,
    ) -> Option<WindowWish> {
        let morph = self.hand.normalized(ParamId::MORPH);
        let (name, remark) = if morph <= 0.0 {
            let remark = if now.is_named { "on the knobs" } else { "a point between the sounds" };
            (now.knobs_name.clone(), remark.to_owned())
        } else if morph >= 1.0 {
            (now.pad_name.clone(), "on the pad".to_owned())
        } else {
            (format!("{} › {}", now.knobs_name, now.pad_name), format!("{:.0} % of the way", morph * 100.0))
        };
        let head = Head {
            name: &name,
            remark: &remark,
            color,
            can_go_back: !self.past.is_empty(),
            can_export: now.sound.is_some(),
            scale: self.scale,
        };
        match header::show(ui, regions.header, &head, &self.meter)? {
            Action::Back => self.go_back(),
            Action::Random => {
                let anywhere = LatentDistribution::default();
                let distribution = now.rig.as_ref().map_or(&anywhere, |rig| &rig.catalogue.distribution);
                let point = self.chance.point(distribution);
                self.go_to(None, &point);
            }
            Action::Vary => {
                let point = self.chance.near(&self.hand.knobs(), VARY_SIGMA);
                self.go_to(None, &point);
            }
            Action::Import => self.browser.tab = Tab::Files,
            Action::Export => self.export(now, &name),
            Action::Scale(scale) => {
                self.scale = scale;
                return Some(WindowWish::Scale(scale));
            }
        }
        None
    }

    fn show_browser(&mut self, ui: &mut Ui, regions: &Regions, now: &Moment) {
        let catalogue = now.rig.as_ref().map(|rig| &rig.catalogue);
        let current = if now.is_named { now.knobs_name.as_str() } else { "" };
        match self.browser.show(ui, regions.browser, catalogue, current, &self.session.library.folder) {
            Some(Wish::Send(what, target)) => self.send(&what, target),
            Some(Wish::Open(folder)) => self.session.run(Errand::List(folder)),
            Some(Wish::ListPacks) => self.session.run(Errand::ListPacks),
            Some(Wish::Change(found)) => self.session.run(Errand::ChangePack(found)),
            Some(Wish::Add(path)) => self.session.run(Errand::AddPack(path)),
            None => {}
        }
    }

    fn show_wave(&mut self, ui: &Ui, regions: &Regions, now: &Moment, color: egui::Color32) {
        let empty = if now.rig.is_some() { "The first sound is on its way …" } else { "Loading the pack …" };
        let overlay = Overlay { color, playhead: now.meters.playhead, empty };
        self.wave.show(ui, regions.wave, now.sound.clone(), &overlay);
    }

    /// Shows the sheet if one is open; `false` if none is.
    fn show_sheet(&mut self, ui: &mut Ui, regions: &Regions) -> bool {
        let Some(sheet) = &mut self.sheet else { return false };
        // Escape and Enter belong to a value that is being typed.
        let hears_keys = self.typing.is_none();
        if !sheet.show(ui, regions.sheet(), &self.session, &mut self.hand, hears_keys) {
            self.sheet = None;
        }
        true
    }

    fn open_sheet(&mut self, target: Target) {
        self.hand.release_all();
        self.close_sheet();
        self.sheet = Sheet::open(target, &self.session, &self.hand);
    }

    /// Closes the sheet as "Done" does.
    fn close_sheet(&mut self) {
        if let Some(mut sheet) = self.sheet.take() {
            sheet.settle(&self.session, &mut self.hand);
        }
    }

    fn show_pad(&mut self, ui: &mut Ui, regions: &Regions, now: &Moment) {
        match self.pad.show(ui, regions.pad, &mut self.hand, &now.corners) {
            Some(pad::Wish::Put(corner, what)) => self.send(&what, Target::Corner(corner)),
            Some(pad::Wish::Open(corner)) => self.open_sheet(Target::Corner(corner)),
            None => {}
        }
    }

    fn show_knobs(&mut self, ui: &mut Ui, regions: &Regions, now: &Moment) {
        theme::panel(ui.painter(), regions.knobs, "Knobs");
        let link = regions.knobs.right_top() + egui::vec2(-12.0, 8.0);
        if now.is_knobs_imported && sheet::link(ui, link, egui::Align2::RIGHT_TOP, "Region and key of the knobs") {
            self.open_sheet(Target::Knobs);
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
            let learned = now.rig.as_ref().and_then(|rig| rig.catalogue.axes.get(axis));
            let plain = format!("z{}", axis + 1);
            let label = learned.map_or(plain.as_str(), |axis| axis.name.as_str());
            let id = ParamId::latent(axis);
            let knob = Knob { id, label, color: theme::AMBER, radius: KNOB_RADIUS, from_middle: true };
            knob.show(ui, cell, &mut self.hand, &mut self.typing);
            if self.hand.holds(id) {
                self.forget_name();
            }
        }
        morph::show(ui, slider, &mut self.hand, &now.knobs_name, &now.pad_name);
        if let Some(what) = target.dnd_release_payload::<Dragged>() {
            self.send(&what, Target::Knobs);
        }
    }

    /// The knobs were turned. A recording stays with them while it is still heard.
    fn forget_name(&self) {
        let desk = &self.session.desk;
        let is_recorded = desk.knobs_are_recorded();
        let is_far = |sound: &SoundState| !is_recorded || !is_within_recording(&sound.latent, &self.hand.knobs());
        if desk.read(|project| project.knobs.as_ref().is_some_and(is_far)) {
            desk.change(|project| project.knobs = None);
        }
    }

    fn send(&mut self, what: &Dragged, target: Target) {
        match (what, target) {
            (Dragged::Sound { name, latent }, Target::Corner(corner)) => {
                self.session.desk.set_corner(corner, SoundState::new(name, *latent))
            }
            (Dragged::Sound { name, latent }, Target::Knobs) => self.go_to_sound(SoundState::new(name, *latent)),
            (Dragged::File(path), target) => {
                self.session.run(Errand::Import { path: path.clone(), target, era: self.session.desk.era() })
            }
        }
    }

    fn go_to_sound(&mut self, sound: SoundState) {
        let point = sound.latent;
        self.go_to(Some(sound), &point);
    }

    /// Sends the knobs to a point and makes them heard.
    fn go_to(&mut self, sound: Option<SoundState>, point: &Latent) {
        let left = self.session.desk.read(|project| project.knobs.clone());
        self.past.leave(left, self.hand.knobs());
        self.arrive(sound, point);
    }

    fn go_back(&mut self) {
        if let Some((sound, point)) = self.past.pop() {
            self.arrive(sound, &point);
        }
    }

    fn arrive(&mut self, sound: Option<SoundState>, point: &Latent) {
        self.hand.put_knobs(point);
        self.hand.put(ParamId::MORPH, 0.0);
        self.session.desk.change(|project| project.knobs = sound);
    }

    fn export(&self, now: &Moment, name: &str) {
        if let Some(sound) = now.sound.clone() {
            let path = free_path(&export_folder(), &name.replace(" › ", " to "));
            self.session.run(Errand::Export { path, sound });
        }
    }

    fn take_news(&mut self) {
        for outcome in self.session.take_outcomes() {
            match outcome {
                Outcome::KnobsTo(sound) => self.go_to_sound(sound),
                Outcome::Surveyed(ticket, survey) => {
                    if let Some(sheet) = &mut self.sheet {
                        sheet.take(ticket, survey);
                    }
                }
                Outcome::KnobsMoved(step) => {
                    if step.holds(self.session.desk.era(), &self.hand.knobs()) {
                        self.hand.put_knobs(&step.point);
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
            return self.session.run(Errand::AddPack(path));
        }
        if !is_audio(&path) {
            self.session.desk.notices.fault(format!("{} is no WAV, AIFF or FLAC file and no pack.", path.display()));
            return;
        }
        let place = ui.input(|input| input.pointer.latest_pos());
        let corner = place.and_then(|place| corner_at(inside(regions.pad), place));
        // The sheet hides the pad: what falls on it takes its sound's place.
        let is_on_sheet = place.is_some_and(|place| regions.sheet().contains(place));
        let sheet = self.sheet.as_ref().filter(|_| is_on_sheet).map(Sheet::target);
        let target = sheet.or(corner.map(Target::Corner));
        self.send(&Dragged::File(path), target.unwrap_or(Target::Knobs));
    }

    fn plan_next_frame(&self, ui: &Ui, now: &Moment) {
        let is_live = now.meters.playhead.is_some() || self.meter.is_moving() || self.session.is_busy();
        ui.ctx().request_repaint_after_secs(if is_live { LIVE_S } else { IDLE_S });
    }
}

impl Drop for Face {
    fn drop(&mut self) {
        self.close_sheet();
        self.keys.release(&self.session.desk);
    }
}
