//! Tempo and position of the host or the standalone program. Plain values; any thread, the audio thread included.

/// Tempo used until a host tells another, in beats per minute.
const FIRST_TEMPO_BPM: f64 = 120.0;

/// Musical time at the first sample of a call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transport {
    /// Beats (quarter notes) per minute.
    pub tempo_bpm: f64,
    /// Position in beats from the start of the song, while it runs.
    pub beat: Option<f64>,
}

impl Default for Transport {
    fn default() -> Self {
        Self { tempo_bpm: FIRST_TEMPO_BPM, beat: None }
    }
}

impl Transport {
    /// Slowest and fastest tempo that is followed, in beats per minute.
    const TEMPO_RANGE_BPM: [f64; 2] = [5.0, 999.0];

    /// With a tempo in range; what is not finite is replaced by what `last` holds, a position by none.
    pub fn checked(self, last: &Self) -> Self {
        let [slowest, fastest] = Self::TEMPO_RANGE_BPM;
        let tempo = if self.tempo_bpm.is_finite() { self.tempo_bpm } else { last.tempo_bpm };
        Self { tempo_bpm: tempo.clamp(slowest, fastest), beat: self.beat.filter(|beat| beat.is_finite()) }
    }
}

#[cfg(test)]
mod tests {
    use super::Transport;

    #[test]
    fn what_is_no_number_or_out_of_range_is_mended() {
        let last = Transport { tempo_bpm: 90.0, beat: Some(3.0) };
        let odd = Transport { tempo_bpm: f64::NAN, beat: Some(f64::INFINITY) };
        assert_eq!(odd.checked(&last), Transport { tempo_bpm: 90.0, beat: None });
        assert_eq!(Transport { tempo_bpm: 1e9, beat: None }.checked(&last).tempo_bpm, 999.0);
    }
}
