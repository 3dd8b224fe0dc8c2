//! Plans the requests: sounds for the zones in use, for the zone played last and for its neighbours. AUDIO THREAD.

use super::key_tuning::NotePitch;
use super::note_lanes::{LANES, SHARED_LANE};
use super::slot::{Pending, SlotKey};
use super::slots::Slots;
use super::tick::Ramp;
use super::voice::Voice;
use super::voices::{Listening, Timing, Voices};
use super::zone_crossfade::{self, ZoneSide};
use crate::link::{Request, SoundSpec, SourceId, SourceSet, Succession};
use crate::params::{Controls, VariationControls};

/// Urgency of a slot with voices; 0 is the most urgent.
const SOUNDING: u32 = 0;
/// Urgency of the zone played last; previews come before it.
const MAIN: u32 = 2;
/// Urgency of its variations.
const VARIATION: u32 = 3;
/// Urgency of its neighbours.
const NEIGHBOUR: u32 = 4;
/// Variations and neighbours are requested once the wanted sound has not changed for this many ticks: 43 ms at 48 kHz. Shorter wastes decodes on points
/// that a sweep only passes; longer delays the first note in a neighbouring zone.
const STILL_TICKS: u32 = 32;
/// Key whose zone is the main one before any note.
const FIRST_KEY: u8 = 60;

/// The controls and the main zone, from which the wanted sounds follow.
pub(super) struct RequestPlanner {
    sources: SourceSet,
    main_root: u8,
    /// Slot key of the note that was played last, while it sounds and has a sound of its own.
    main_note: Option<SlotKey>,
    /// Number of the last step of a walk, or of the last take; 0 for a source of variations.
    last_number: u32,
    controls: Controls,
    /// What the note of each lane wants, as a sound of source 0 and key 0.
    lanes: [Option<SoundSpec>; LANES],
    still_ticks: u32,
}

impl RequestPlanner {
    pub(super) fn new(sources: SourceSet) -> Self {
        let main_root = sources.current().nearest_root(FIRST_KEY);
        Self {
            sources,
            main_root,
            main_note: None,
            last_number: 0,
            controls: Controls::default(),
            lanes: [None; LANES],
            still_ticks: 0,
        }
    }

    /// Sets the controls of a tick.
    pub(super) fn set_controls(&mut self, controls: &Controls) {
        let before = self.main_spec();
        self.controls = *controls;
        let moved = !self.main_spec().is_near(&before);
        self.still_ticks = if moved { 0 } else { self.still_ticks.saturating_add(1) };
    }

    /// How notes vary.
    pub(super) fn variation(&self) -> VariationControls {
        self.controls.variation
    }

    /// Sets the controls of the note of a lane; none where no note has it.
    pub(super) fn set_lane(&mut self, lane: u8, controls: Option<&Controls>) {
        if let Some(place) = self.lanes.get_mut(usize::from(lane).wrapping_sub(1)) {
            *place = controls.map(|controls| controls.spec(SourceId::default(), 0.0));
            let is_of_note = self.main_note.is_some_and(|main| main.lane == lane);
            if place.is_none() && is_of_note {
                self.main_note = None;
            }
        }
    }

    /// Sets the current sources; returns whether they have changed.
    pub(super) fn set_sources(&mut self, sources: SourceSet) -> bool {
        let changed = sources != self.sources;
        self.sources = sources;
        if changed {
            self.main_root = sources.current().nearest_root(self.main_root);
            self.main_note = None;
            self.last_number = 0;
        }
        changed
    }

    /// Slot key of the zone in which a MIDI key plays, for a variation of its sound and the lane of its note.
    pub(super) fn slot_key(&self, key: u8, variation: u32, lane: u8) -> SlotKey {
        SlotKey { variation, lane, ..self.zone(self.sources.current().nearest_root(key)) }
    }

    /// Slot key of one of the two zones of a MIDI key.
    pub(super) fn side_slot_key(&self, side: ZoneSide, key: u8, variation: u32, lane: u8) -> SlotKey {
        let nearest = self.slot_key(key, variation, lane);
        let neighbour = || self.sources.current().neighbour_root(key).unwrap_or(nearest.root);
        match side {
            ZoneSide::Nearest => nearest,
            ZoneSide::Neighbour => SlotKey { root: neighbour(), ..nearest },
        }
    }

    /// Slot key of the zone that a voice plays in.
    pub(super) fn voice_slot_key(&self, voice: &Voice) -> SlotKey {
        self.side_slot_key(voice.side, voice.key, voice.variation, voice.lane)
    }

    /// Linear gains of a note in its nearest and in its neighbouring zone; see [`zone_crossfade::gains`].
    pub(super) fn zone_gains(&self, pitch: NotePitch, crossfade: f32) -> [f32; 2] {
        let (source, key) = (self.sources.current(), pitch.nearest_key());
        zone_crossfade::gains(pitch.key, source.nearest_root(key), source.neighbour_root(key), crossfade)
    }

    /// Makes the zone of a note the main one.
    pub(super) fn set_main(&mut self, key: SlotKey) {
        self.main_root = key.root;
        self.main_note = Some(key).filter(|key| key.lane != SHARED_LANE);
    }

    /// What another note of the same sound plays.
    pub(super) fn succession(&self) -> Succession {
        self.sources.current().succession
    }

    /// Sets the number of the last step or take; the next ones are made ahead.
    pub(super) fn set_last_number(&mut self, number: u32) {
        self.last_number = number;
    }

    /// The take to play while that of `key` is not made yet: the one whose last use is longest ago. None if it is made, or no other is.
    pub(super) fn take_instead_of(&self, key: SlotKey, slots: &Slots) -> Option<u32> {
        let made = slots.iter().filter_map(|(_, slot)| {
            let own = slot.key.filter(|own| (own.source, own.root, own.layer) == (key.source, key.root, key.layer))?;
            let head = slot.newest_complete()?.live_head()?;
            head.spec.is_near(&self.spec(own)).then_some((slot.last_use, own.variation))
        });
        let oldest = made.min_by_key(|(last_use, take)| (*take != key.variation, *last_use));
        oldest.map(|(_, take)| take).filter(|take| *take != key.variation)
    }

    /// The wanted sound of a zone, or of the note of a lane in it.
    pub(super) fn spec(&self, key: SlotKey) -> SoundSpec {
        let own = usize::from(key.lane).checked_sub(1).and_then(|lane| *self.lanes.get(lane)?);
        let base = own.unwrap_or_else(|| self.controls.spec(key.source, f32::from(key.root)));
        self.varied(base, key)
    }

    /// The sound that `controls` want in a zone.
    pub(super) fn spec_of(&self, controls: &Controls, key: SlotKey) -> SoundSpec {
        self.varied(controls.spec(key.source, f32::from(key.root)), key)
    }

    /// `base` in a zone, for a variation.
    fn varied(&self, base: SoundSpec, key: SlotKey) -> SoundSpec {
        let SlotKey { source, root, layer, variation, .. } = key;
        let vary = &self.controls.variation;
        let controls = match self.sources.get(source).map(|source| source.succession).unwrap_or_default() {
            Succession::Variations => vary.point(&base.controls, self.controls.seed, variation),
            Succession::Walk => vary.step(&base.controls, self.controls.seed, variation),
            Succession::Takes => base.controls,
        };
        SoundSpec { source, key: f32::from(root), layer, variation, controls, ..base }
    }

    fn main_spec(&self) -> SoundSpec {
        self.spec(self.zone(self.main_root))
    }

    fn zone(&self, root: u8) -> SlotKey {
        SlotKey { source: self.sources.current().id, root, layer: 0, variation: 0, lane: SHARED_LANE }
    }

    /// Live: requests every wanted sound that has not been requested yet.
    pub(super) fn request_live(&self, slots: &mut Slots, hearing: &Hearing) {
        let main = slots.slot_for(self.main_note.unwrap_or_else(|| self.zone(self.main_root)));
        for index in 0..crate::link::SLOTS {
            let Some(slot) = slots.get(index) else { continue };
            let Some(key) = slot.key else { continue };
            let (sounds, is_main) = (slot.voices > 0, Some(index) == main);
            let spec = self.spec(key);
            let stands = slot.requested.map_or_else(|| slot.holds(&spec), |request| request.spec.is_near(&spec));
            let unfinished = slot.requested.is_some_and(|request| !slot.has_whole(request.generation));
            if sounds || is_main {
                let urgency = if sounds { SOUNDING } else { MAIN };
                if stands {
                    slots.set_urgency(index, urgency, is_main);
                } else {
                    let listening = hearing.of(index, &spec, slots);
                    let wanted = Wanted { urgency, is_main, is_live: sounds, listening };
                    slots.request(index, wanted.request(spec));
                }
            } else if unfinished && (!stands || key.lane != SHARED_LANE) {
                // Decoding an outdated point, or the sound of a note that has ended, would delay the sounds that are heard.
                slots.withdraw(index);
            } else {
                slots.set_urgency(index, NEIGHBOUR, false);
            }
        }
        if self.still_ticks >= STILL_TICKS && self.main_note.is_none() {
            let main = self.zone(self.main_root);
            for number in 1..self.controls.variation.sounds() {
                let variation = self.last_number + number;
                self.request_ahead(slots, SlotKey { variation, ..main }, VARIATION);
            }
            self.request_neighbours(slots);
        }
    }

    fn request_neighbours(&self, slots: &mut Slots) {
        let roots = self.sources.current().roots();
        let main = roots.iter().position(|root| *root == self.main_root).unwrap_or(0);
        let neighbours = [main.checked_add(1), main.checked_sub(1)].into_iter().flatten();
        for key in neighbours.filter_map(|index| roots.get(index)).map(|root| self.zone(*root)) {
            self.request_ahead(slots, key, NEIGHBOUR);
        }
    }

    /// Requests the sound of a zone without voices, unless it has been requested.
    fn request_ahead(&self, slots: &mut Slots, key: SlotKey, urgency: u32) {
        let Some(index) = slots.slot_for(key) else { return };
        let spec = self.spec(key);
        let Some(slot) = slots.get(index).filter(|slot| slot.key == Some(key)) else { return };
        if slot.voices == 0 && !slot.requested.is_some_and(|request| request.spec.is_near(&spec)) {
            let wanted = Wanted { urgency, is_main: false, is_live: false, listening: Listening::default() };
            slots.request(index, wanted.request(spec));
        }
    }

    /// Offline: requests the sounds of the zones with voices; each takes over `delay_ticks` later.
    pub(super) fn request_offline(&self, slots: &mut Slots, hearing: &Hearing, tick: u64, delay_ticks: u64) {
        for index in 0..crate::link::SLOTS {
            let Some((slot, key)) = slots.get(index).and_then(|slot| Some((slot, slot.key?))) else { continue };
            let spec = self.spec(key);
            let stands = slot.requested.is_some_and(|request| request.spec == spec);
            if slot.voices > 0 && slot.pending.is_none() && !stands && !slot.holds(&spec) {
                self.request_pending(slots, hearing, index, tick + delay_ticks);
            }
        }
    }

    /// Offline: requests the sound of a slot, which takes over at `due_tick`.
    pub(super) fn request_pending(&self, slots: &mut Slots, hearing: &Hearing, index: usize, due_tick: u64) {
        let Some(key) = slots.get(index).and_then(|slot| slot.key) else { return };
        let spec = self.spec(key);
        let listening = hearing.of(index, &spec, slots);
        let is_main = self.main_note.map_or(key.root == self.main_root, |main| main == key);
        let wanted = Wanted { urgency: SOUNDING, is_main, is_live: false, listening };
        let generation = slots.request(index, wanted.request(spec));
        if let Some(slot) = slots.get_mut(index) {
            slot.pending = Some(Pending { generation, due_tick });
            slot.visible = generation.saturating_sub(1);
        }
    }
}

/// What the read positions of the voices follow from.
pub(super) struct Hearing<'a> {
    pub(super) voices: &'a Voices,
    pub(super) timing: &'a Timing,
    /// Playback ratio of each channel's tuning.
    pub(super) tunes: &'a [Ramp],
}

impl Hearing<'_> {
    fn of(&self, slot: usize, wanted: &SoundSpec, slots: &Slots) -> Listening {
        self.voices.listening(slot, wanted, (slots, self.timing, self.tunes))
    }
}

/// The urgency of a sound, and the region of it that is needed first.
struct Wanted {
    urgency: u32,
    is_main: bool,
    /// Whether voices play in its zone now.
    is_live: bool,
    listening: Listening,
}

impl Wanted {
    fn request(self, spec: SoundSpec) -> Request {
        Request {
            generation: 0,
            spec,
            urgency: self.urgency,
            cursor_sample: self.listening.first_sample,
            region_end_sample: self.listening.region_end_sample,
            wants_draft: self.is_live,
            main: self.is_main,
        }
    }
}
