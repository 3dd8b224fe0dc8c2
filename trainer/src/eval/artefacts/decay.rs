//! Whether a sound falls steadily through its last half.

use super::contour::{Windows, contour};

/// Windows of 50 ms, about the integration time of the ear: beats and tremolo faster than 20 Hz are smoothed.
const WINDOWS: Windows = Windows { length_s: 0.05, step_s: 0.01 };
/// The sound is over below this level, in dB.
const END_DB: f32 = -60.0;
/// Changes of level that are smaller than this do not count, in dB: about the just noticeable difference.
const NOTICED_DB: f32 = 1.0;

/// Part of the level's movement that is upward, [0, 1], between the middle and the end of the sound; 0 where it falls only or does
/// not move. The sound reaches from its loudest window to the last one above −60 dB.
pub fn rising_part(samples: &[f32], rate_hz: f64) -> f32 {
    let levels = contour(samples, rate_hz, WINDOWS);
    let loudest = levels.iter().position(|level| *level >= 0.0).unwrap_or(0);
    let end = levels.iter().rposition(|level| *level > END_DB).map_or(0, |last| last + 1).max(loudest);
    let (rises_db, falls_db) = movement_db(&levels[loudest + (end - loudest) / 2..end]);
    if rises_db + falls_db > 0.0 { rises_db / (rises_db + falls_db) } else { 0.0 }
}

/// Sums of the rises and of the falls between turning points, leaving out those that are too small to be noticed.
fn movement_db(levels: &[f32]) -> (f32, f32) {
    let Some(first) = levels.first() else { return (0.0, 0.0) };
    let (mut rises, mut falls, mut turn) = (0.0, 0.0, *first);
    let mut extreme = turn;
    let mut is_rising = None;
    for level in levels {
        let onward = match is_rising {
            Some(true) => *level >= extreme,
            Some(false) => *level <= extreme,
            None => false,
        };
        if onward {
            extreme = *level;
        } else if (level - extreme).abs() >= NOTICED_DB {
            add(extreme - turn, &mut rises, &mut falls);
            (turn, is_rising) = (extreme, Some(*level > extreme));
            extreme = *level;
        }
    }
    add(extreme - turn, &mut rises, &mut falls);
    (rises, falls)
}

fn add(change_db: f32, rises: &mut f32, falls: &mut f32) {
    if change_db > 0.0 {
        *rises += change_db;
    } else {
        *falls -= change_db;
    }
}

/// The rule in words.
pub fn rule() -> String {
    format!(
        "The rising part is what part of the level's movement ({:.0} ms, changes below {NOTICED_DB} dB left out) is upward in the last half \
         between the loudest place and the last above {END_DB} dB.",
        WINDOWS.length_s * 1e3
    )
}

#[cfg(test)]
mod tests {
    use super::super::test_signals::{RATE_HZ, tone};
    use super::*;

    #[test]
    fn movement_counts_what_is_noticed() {
        assert_eq!(movement_db(&[0.0, -2.0, -4.0, -6.0]), (0.0, 6.0));
        assert_eq!(movement_db(&[0.0, -4.0, -1.0, -6.0]), (3.0, 9.0));
        assert_eq!(movement_db(&[0.0, -0.4, 0.4, -0.4, 0.3]), (0.0, 0.0));
        assert_eq!(movement_db(&[0.0, -0.6, -1.2, -0.9, -1.8]), (0.0, 1.8));
        assert_eq!(movement_db(&[]), (0.0, 0.0));
    }

    #[test]
    fn a_decay_only_falls_and_a_swell_rises() {
        let rising = |level_db: &dyn Fn(f64) -> f64| rising_part(&tone(440.0, level_db), RATE_HZ);
        assert_eq!(rising(&|seconds| -25.0 * seconds), 0.0);
        assert_eq!(rising(&|_| -3.0), 0.0, "held");
        let waves = rising(&|seconds| -15.0 * seconds + 4.0 * (18.0 * seconds).sin());
        assert!((0.2..0.5).contains(&waves), "{waves}");
        let swell = rising(&|seconds| if seconds < 1.2 { -40.0 * seconds } else { -48.0 + 30.0 * (seconds - 1.2) });
        assert!(swell > 0.6, "{swell}");
    }
}
