//! Plays the sound that was chosen in the list: a short note through the on-screen keyboard's way to the audio thread. Main thread.

use engine::audio::{EventKind, NoteAddress};

use crate::project::ProjectStore;

/// How long the key is held, in seconds: the attack and the body of a sound, not its tail.
const NOTE_S: f64 = 0.7;
/// How loud it is struck, [0, 1].
const VELOCITY: f32 = 0.8;
/// The note waits for the sound's decode, at most so long, in seconds: a decode takes about 10 ms, and the host's blocks may be long.
const PATIENCE_S: f64 = 0.2;
/// A host that has processed no block for this long, in seconds, would play the note whenever it goes on; see `idle_preview`.
const REST_S: f64 = 0.3;

/// The note that waits or sounds.
#[derive(Default)]
pub struct Audition {
    waiting: Option<(u8, f64)>,
    sounding: Option<(u8, f64)>,
    pulse: u64,
    pulse_seen_s: Option<f64>,
}

impl Audition {
    /// Asks for a note, which is played once its sound is ready.
    pub fn ask(&mut self, key: u8, now_s: f64) {
        self.waiting = Some((key, now_s));
    }

    /// Plays and ends notes; `is_ready` says that the engine has the chosen sound.
    pub fn step(&mut self, now_s: f64, is_ready: impl FnOnce() -> bool, store: &ProjectStore) {
        let pulse = store.pulse();
        if pulse != self.pulse {
            (self.pulse, self.pulse_seen_s) = (pulse, Some(now_s));
        }
        if self.sounding.is_some_and(|(_, until)| now_s >= until) {
            self.release(store);
        }
        let Some((key, asked_s)) = self.waiting else { return };
        if now_s - asked_s < PATIENCE_S && !is_ready() {
            return;
        }
        self.waiting = None;
        let is_processing = self.pulse_seen_s.is_some_and(|seen| now_s - seen < REST_S);
        if !is_processing {
            return;
        }
        self.release(store);
        if store.play(EventKind::NoteOn { note: NoteAddress::key(0, key), velocity: VELOCITY }) {
            self.sounding = Some((key, now_s + NOTE_S));
        }
    }

    /// Whether a note waits or sounds.
    pub fn is_busy(&self) -> bool {
        self.waiting.is_some() || self.sounding.is_some()
    }

    /// Ends the note that sounds.
    pub fn release(&mut self, store: &ProjectStore) {
        if let Some((key, _)) = self.sounding
            && store.play(EventKind::NoteOff { notes: NoteAddress::key(0, key) })
        {
            self.sounding = None;
        }
    }
}
