//! Frames in which no band rises above the floor become silence: a vocoder makes a faint noise of them, 70 dB below a clip's peak, and clips of
//! single events are silent for seconds. WORKER side.

use crate::spectral::{Frames, SpectralShape, Spectrogram};

/// A frame whose loudest band is at most this far above the floor, in dB, is silent; from [`OPEN_DB`] on it is left as it is. Half of the frames
/// that decoders make of silence lie within 2 dB of the floor, and quiet ends of true clips pass through the range in a few frames.
const CLOSED_DB: f32 = 4.0;
const OPEN_DB: f32 = 9.0;

/// Fades silent frames of `spectrogram`, which is that of `frames`, out.
pub(super) fn silence(frames: &Frames, shape: &SpectralShape, spectrogram: &mut Spectrogram) {
    for (frame, column) in spectrogram.values.chunks_exact_mut(shape.bins()).enumerate().take(frames.frames) {
        let gain = gain(frames, shape, frame);
        if gain < 1.0 {
            column.iter_mut().for_each(|bin| *bin *= gain);
        }
    }
}

/// Factor on a frame, [0, 1].
fn gain(frames: &Frames, shape: &SpectralShape, frame: usize) -> f32 {
    let loudest = (0..frames.bands).map(|band| frames.band(band)[frame]).fold(-1.0, f32::max);
    let above_db = (loudest + 1.0) * -shape.floor_db / 2.0;
    ((above_db - CLOSED_DB) / (OPEN_DB - CLOSED_DB)).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use rustfft::num_complex::Complex32;

    use super::*;

    #[test]
    fn frames_at_the_floor_are_silent_and_louder_ones_stay() {
        let shape = SpectralShape { frame_count: 3, ..SpectralShape::DEFAULT };
        let mut frames = Frames::silent(shape.mel_bands, 3);
        let db = -2.0 / shape.floor_db;
        frames.values[3 * 7 + 1] = -1.0 + (CLOSED_DB + OPEN_DB) / 2.0 * db;
        frames.values[3 * 9 + 2] = -1.0 + (OPEN_DB + 1.0) * db;
        let mut spectrogram = Spectrogram::zeros(shape.bins(), 3);
        spectrogram.values.fill(Complex32::new(1.0, -1.0));
        silence(&frames, &shape, &mut spectrogram);
        for (column, gain) in spectrogram.values.chunks_exact(shape.bins()).zip([0.0, 0.5, 1.0]) {
            assert!(column.iter().all(|bin| (bin - Complex32::new(gain, -gain)).norm() < 1e-5), "{gain}");
        }
    }
}
