//! Tempo and position as the host tells them, for the engine. Safe on the audio thread.

use engine::params;
use nice_plug::prelude::Transport;

/// Musical time at sample `start` of a block whose first sample `host` describes; without a tempo that of [`params::Transport`] before any
/// host has told one.
pub fn transport_at(host: &Transport, start: usize) -> params::Transport {
    let tempo_bpm = host.tempo.unwrap_or(params::Transport::default().tempo_bpm);
    let beats = start as f64 / f64::from(host.sample_rate) / 60.0 * tempo_bpm;
    let beat = host.pos_beats().filter(|_| host.playing).map(|beat| beat + beats);
    params::Transport { tempo_bpm, beat }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_counts_only_while_the_transport_runs() {
        let mut host = Transport::new(48_000.0);
        assert_eq!(transport_at(&host, 100), params::Transport::default());
        (host.tempo, host.pos_beats) = (Some(90.0), Some(8.0));
        assert_eq!(transport_at(&host, 0), params::Transport { tempo_bpm: 90.0, beat: None });
        host.playing = true;
        assert_eq!(transport_at(&host, 0).beat, Some(8.0));
        assert_eq!(transport_at(&host, 16_000).beat, Some(8.5));
    }
}
