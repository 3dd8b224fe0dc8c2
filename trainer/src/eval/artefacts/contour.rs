//! The level of a sound over time: root mean square over equal windows, against the loudest window. Plain arithmetic.

/// Lower levels count as this one, in dB: about the rounding noise of the 16-bit files that a corpus holds.
pub const FLOOR_DB: f32 = -96.0;

/// Length of the windows and their distance, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Windows {
    pub length_s: f64,
    pub step_s: f64,
}

/// Levels in dB against the loudest window, [[`FLOOR_DB`], 0], one a step; none where the sound is shorter than a window. A silent
/// sound is at the floor throughout.
pub fn contour(samples: &[f32], rate_hz: f64, windows: Windows) -> Vec<f32> {
    let length = (windows.length_s * rate_hz).round().max(1.0) as usize;
    let step = windows.step_s * rate_hz;
    let sums: Vec<f64> = std::iter::once(0.0)
        .chain(samples.iter().scan(0.0, |sum, sample| {
            *sum += f64::from(*sample).powi(2);
            Some(*sum)
        }))
        .collect();
    let starts = (0..).map(|index| (f64::from(index) * step) as usize).take_while(|start| start + length < sums.len());
    let powers: Vec<f64> = starts.map(|start| (sums[start + length] - sums[start]).max(0.0)).collect();
    let loudest = powers.iter().copied().fold(0.0, f64::max);
    let level = |power: &f64| if loudest > 0.0 { (10.0 * (power / loudest).log10()) as f32 } else { FLOOR_DB };
    powers.iter().map(|power| level(power).max(FLOOR_DB)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::test_signals::{RATE_HZ, SILENCE_DB, tone};
    use super::*;

    const WINDOWS: Windows = Windows { length_s: 0.02, step_s: 0.005 };

    #[test]
    fn levels_stand_against_the_loudest_window_and_end_at_the_floor() {
        let step = tone(440.0, |seconds| {
            if seconds < 0.5 {
                -6.0
            } else if seconds < 1.0 {
                -26.0
            } else {
                SILENCE_DB
            }
        });
        let levels = contour(&step, RATE_HZ, WINDOWS);
        assert_eq!(levels.len(), ((2.0 - 0.02) / 0.005) as usize + 1);
        for (seconds, wanted_db) in [(0.25, 0.0), (0.75, -20.0), (1.5, FLOOR_DB)] {
            let found_db = levels[(seconds / WINDOWS.step_s) as usize];
            assert!((found_db - wanted_db).abs() < 0.3, "{found_db} dB at {seconds} s");
        }
    }

    #[test]
    fn silence_and_short_sounds_have_no_level() {
        assert!(contour(&[0.0; 44_100], RATE_HZ, WINDOWS).iter().all(|level| *level == FLOOR_DB));
        assert!(contour(&[1.0; 100], RATE_HZ, WINDOWS).is_empty());
    }
}
