//! One slot: the sound buffers of one zone, and its newest request. AUDIO THREAD.

use super::sound_buffer::SoundBuffer;
use crate::link::{BUFFERS, Request, SoundHead, SoundSpec, SourceId, SustainMap};

/// The zone that a slot serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SlotKey {
    /// The source of its sounds; root keys belong to a source.
    pub(super) source: SourceId,
    /// Root key of the zone.
    pub(super) root: u8,
    /// Velocity layer.
    pub(super) layer: u8,
    /// Variation of the sound, 0 being the sound itself.
    pub(super) variation: u32,
    /// Lane of the note whose sound it is; 0 for a sound that notes share.
    pub(super) lane: u8,
}

/// An offline request that takes over at a fixed tick.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pending {
    pub(super) generation: u64,
    pub(super) due_tick: u64,
}

/// The sounds of one zone.
pub(super) struct Slot {
    pub(super) key: Option<SlotKey>,
    pub(super) buffers: [SoundBuffer; BUFFERS],
    /// The newest request.
    pub(super) requested: Option<Request>,
    /// Generation of the last request that failed.
    pub(super) failed: u64,
    /// Offline: the request that has not taken over yet.
    pub(super) pending: Option<Pending>,
    /// First generation that belongs to the present zone and source.
    pub(super) valid_from: u64,
    /// Newest generation that voices may move to: `u64::MAX`, except between an offline request and its take-over.
    pub(super) visible: u64,
    /// Voices whose zone this is.
    pub(super) voices: u32,
    /// Counter value of its last use: the slot with the smallest one is reassigned first.
    pub(super) last_use: u64,
    /// Where held notes go on in the last whole sound.
    known: Option<KnownSustain>,
    /// The correlation measured last; voices that crossfade between the same sounds share it.
    measured: Option<Measured>,
}

/// The sustain of a whole sound. Sounds of other points have theirs at the same places as long as key, length and stretch are the same, so that it
/// serves for drafts, which are no whole sounds and have none.
#[derive(Clone, Copy)]
struct KnownSustain {
    spec: SoundSpec,
    length_samples: usize,
    map: SustainMap,
}

/// The correlation between two sounds of a slot, identified by their generations.
#[derive(Clone, Copy, Debug)]
struct Measured {
    from: u64,
    to: u64,
    correlation: f32,
}

fn has_same_places(one: &SoundSpec, other: &SoundSpec) -> bool {
    let shaping = |spec: &SoundSpec| (spec.shaping.stretch, spec.shaping.is_reversed);
    one.source == other.source && one.key == other.key && shaping(one) == shaping(other)
}

impl Slot {
    pub(super) fn new() -> Self {
        Self {
            key: None,
            buffers: std::array::from_fn(|_| SoundBuffer::new()),
            requested: None,
            failed: 0,
            pending: None,
            valid_from: 0,
            visible: u64::MAX,
            voices: 0,
            last_use: 0,
            known: None,
            measured: None,
        }
    }

    /// Notes the sustain of a whole sound.
    pub(super) fn know(&mut self, head: &SoundHead, map: SustainMap) {
        self.known = Some(KnownSustain { spec: head.spec, length_samples: head.length_samples, map });
    }

    /// Where held notes are expected to go on in a sound of `spec`, by the last whole sound; nowhere if its frames stood at other places.
    pub(super) fn expected_sustain(&self, spec: &SoundSpec) -> SustainMap {
        let alike = self.known.filter(|known| has_same_places(&known.spec, spec));
        alike.map_or_else(SustainMap::default, |known| known.map)
    }

    /// As [`Self::expected_sustain`], for a sound that has begun.
    pub(super) fn sustain_of(&self, head: &SoundHead) -> SustainMap {
        let alike = self.known.is_some_and(|known| known.length_samples == head.length_samples);
        if alike { self.expected_sustain(&head.spec) } else { SustainMap::default() }
    }

    /// Whether a voice reads any of its buffers.
    pub(super) fn is_read(&self) -> bool {
        self.buffers.iter().any(SoundBuffer::is_read)
    }

    /// The newest buffer that a voice may move to. For a buffer, `place` gives the first sample and the number of samples needed.
    pub(super) fn newest_playable(&self, place: impl Fn(&SoundBuffer) -> (usize, usize)) -> Option<usize> {
        self.newest_of(self.valid_from, place)
    }

    /// The same among all sounds that are still there, stale ones too.
    pub(super) fn newest_stale(&self, place: impl Fn(&SoundBuffer) -> (usize, usize)) -> Option<usize> {
        self.newest_of(0, place)
    }

    fn newest_of(&self, oldest: u64, place: impl Fn(&SoundBuffer) -> (usize, usize)) -> Option<usize> {
        let buffers = self.buffers.iter().enumerate();
        let known = oldest..=self.visible;
        let playable = buffers.filter(|(_, buffer)| {
            let (from, need) = place(buffer);
            known.contains(&buffer.generation()) && buffer.is_playable(from, need)
        });
        playable.max_by_key(|(_, buffer)| buffer.generation()).map(|(index, _)| index)
    }

    /// The newest complete sound that voices may move to, if it belongs to this zone and source.
    pub(super) fn newest_complete(&self) -> Option<&SoundBuffer> {
        let complete = self.buffers.iter().filter(|buffer| buffer.is_complete() && buffer.generation() <= self.visible);
        complete.max_by_key(|buffer| buffer.generation()).filter(|buffer| buffer.generation() >= self.valid_from)
    }

    /// Correlation between two of its sounds; see [`SoundBuffer::correlation`].
    pub(super) fn correlation(&mut self, from: usize, to: usize) -> f32 {
        let (Some(earlier), Some(later)) = (self.buffers.get(from), self.buffers.get(to)) else { return 0.0 };
        let (from, to) = (earlier.generation(), later.generation());
        if let Some(measured) = self.measured.filter(|measured| (measured.from, measured.to) == (from, to)) {
            return measured.correlation;
        }
        let correlation = later.correlation(earlier);
        self.measured = Some(Measured { from, to, correlation });
        correlation
    }

    /// Whether the newest complete sound is exactly `spec`.
    pub(super) fn holds(&self, spec: &SoundSpec) -> bool {
        self.newest_complete().and_then(SoundBuffer::live_head).is_some_and(|head| head.spec == *spec)
    }

    /// Whether the newest complete sound cannot be told from `spec`.
    pub(super) fn holds_near(&self, spec: &SoundSpec) -> bool {
        self.newest_complete().and_then(SoundBuffer::live_head).is_some_and(|head| head.spec.is_near(spec))
    }

    /// Whether the sound of `generation` is complete.
    pub(super) fn has_whole(&self, generation: u64) -> bool {
        self.buffers.iter().any(|buffer| buffer.is_complete() && buffer.generation() == generation)
    }

    pub(super) fn newest_generation(&self) -> u64 {
        self.buffers.iter().filter(|buffer| !buffer.is_free()).map(SoundBuffer::generation).max().unwrap_or(0)
    }

    /// Retires every sound that no voice reads and that a newer complete one has replaced; stale ones too, unless they are kept.
    pub(super) fn retire_replaced(&mut self, keeps_stale: bool) {
        let stale = if keeps_stale { 0 } else { self.valid_from };
        let keep = self.newest_complete().map_or(0, SoundBuffer::generation).max(stale);
        for buffer in &mut self.buffers {
            if !buffer.is_read() && buffer.generation() < keep {
                buffer.retire();
            }
        }
    }

    /// Retires every unfinished sound that no voice reads: it will never be finished.
    pub(super) fn retire_unfinished(&mut self) {
        for buffer in &mut self.buffers {
            if !buffer.is_complete() && !buffer.is_read() {
                buffer.retire();
            }
        }
    }

    /// Retires a sound that no voice reads, to make room for one that is about to begin.
    pub(super) fn retire_for_newcomer(&mut self) {
        let newest = self.newest_generation();
        let unread = self.buffers.iter_mut().filter(|buffer| !buffer.is_read() && buffer.live_head().is_some());
        // Interrupted sounds are retired before complete ones, older ones before newer ones.
        let victim =
            unread.min_by_key(|buffer| (buffer.is_complete() || buffer.generation() == newest, buffer.generation()));
        if let Some(victim) = victim {
            victim.retire();
        }
    }

    /// Reassigns the slot to another zone.
    pub(super) fn assign(&mut self, key: SlotKey, first_generation: u64) {
        self.key = Some(key);
        self.forget_sounds(first_generation);
    }

    /// Makes every sound older than `first_generation` stale.
    pub(super) fn forget_sounds(&mut self, first_generation: u64) {
        self.requested = None;
        self.pending = None;
        self.visible = u64::MAX;
        self.valid_from = first_generation;
    }
}
