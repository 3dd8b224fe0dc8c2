//! Meters and counters of the audio thread. ANY THREAD: independent atomics, never a wait.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

/// Meters and counters.
#[derive(Debug, Default)]
pub struct Telemetry {
    /// Number of voices that sound or wait for their sound.
    pub playing_voices: AtomicU32,
    /// How often a sound was not available when a voice needed it.
    pub late_count: AtomicU64,
    /// Whether an offline render continued without a sound because its decode failed.
    pub render_failed: AtomicBool,
    /// Number of boards published: shows that an instance has new requests without taking its lock.
    pub published: AtomicU64,
    /// Number of calls of the synth: while it does not grow, the host does not process.
    pub renders: AtomicU64,
    peak_bits: AtomicU32,
    playhead_bits: AtomicU32,
}

impl Telemetry {
    /// Raises the peak meter to `peak` if it is lower.
    pub fn raise_peak(&self, peak: f32) {
        // The bit patterns of non-negative floats are ordered as the floats are.
        self.peak_bits.fetch_max(peak.max(0.0).to_bits(), Ordering::Relaxed);
    }

    /// Largest output magnitude since the last call.
    pub fn take_peak(&self) -> f32 {
        f32::from_bits(self.peak_bits.swap(0, Ordering::Relaxed))
    }

    /// Sets the position of the newest voice in its sound, [0, 1]; `None` without a voice.
    pub fn set_playhead(&self, position: Option<f32>) {
        self.playhead_bits.store(position.unwrap_or(f32::NAN).to_bits(), Ordering::Relaxed);
    }

    /// Position of the newest voice in its sound, [0, 1]; `None` without a voice.
    pub fn playhead(&self) -> Option<f32> {
        let position = f32::from_bits(self.playhead_bits.load(Ordering::Relaxed));
        position.is_finite().then_some(position)
    }
}
