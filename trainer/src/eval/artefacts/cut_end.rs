//! Sounds that end abruptly.

use super::contour::{Windows, contour};

/// Windows of 6 ms, half of the time in which the level must fall: of a sound that is cut, one window ends at the cut and the next begins there. Of a tone of
/// 40 Hz their level varies by 7 dB, far less than [`CUT_DB`].
const WINDOWS: Windows = Windows { length_s: 0.006, step_s: 0.001 };
/// Time in which the level falls, from the middle of one window to the middle of another, in seconds: about one frame of the model. What
/// falls faster is heard as a click, not as a decay.
const FALL_S: f64 = 0.012;
/// Fall within that time that is a cut, in dB: a decay as fast would take 29 ms for 60 dB.
pub const CUT_DB: f32 = 25.0;
/// A fall from below this level is not heard after what was louder, in dB.
const HEARD_DB: f32 = -40.0;
/// Left out at the end, in seconds: sounds that last longer than the model's length are faded there, by 30 ms at most.
const LAST_S: f64 = 0.05;

/// Largest fall within 12 ms from a level that is heard to the highest level after it, in dB.
pub fn fall_db(samples: &[f32], rate_hz: f64) -> f32 {
    let kept = samples.len().saturating_sub((LAST_S * rate_hz) as usize);
    let levels = contour(&samples[..kept], rate_hz, WINDOWS);
    let apart = (FALL_S / WINDOWS.step_s).round() as usize;
    let mut highest_after_db = f32::NEG_INFINITY;
    let mut largest_db = 0.0_f32;
    for (level, after) in levels.iter().zip(levels.iter().skip(apart)).rev() {
        highest_after_db = highest_after_db.max(*after);
        if *level > HEARD_DB {
            largest_db = largest_db.max(level - highest_after_db);
        }
    }
    largest_db
}

/// The rule in words.
pub fn rule() -> String {
    format!(
        "Its end is cut when the level ({:.0} ms) falls by {CUT_DB} dB or more within {:.0} ms from above {HEARD_DB} dB of its loudest and \
         does not rise again; the last {:.0} ms are left out.",
        WINDOWS.length_s * 1e3,
        FALL_S * 1e3,
        LAST_S * 1e3
    )
}

#[cfg(test)]
mod tests {
    use super::super::test_signals::{RATE_HZ, SILENCE_DB, tone};
    use super::*;

    #[test]
    fn a_gate_is_a_cut_and_a_decay_falls_by_its_rate() {
        let gated =
            |at_db: f64| tone(220.0, move |seconds| if seconds < 0.8 { at_db * seconds / 0.8 } else { SILENCE_DB });
        assert!(fall_db(&gated(-10.0), RATE_HZ) > 60.0);
        assert!(fall_db(&gated(-70.0), RATE_HZ) < CUT_DB, "a gate at −70 dB is not heard");
        for decay_db_per_s in [30.0, 300.0, 1000.0] {
            let found_db = fall_db(&tone(2000.0, |seconds| -decay_db_per_s * seconds), RATE_HZ);
            let wanted_db = decay_db_per_s * FALL_S;
            assert!(
                (f64::from(found_db) - wanted_db).abs() < 1.0 + 0.1 * wanted_db,
                "{found_db} dB at {decay_db_per_s}"
            );
        }
    }

    #[test]
    fn gaps_tremolo_and_the_fade_at_the_full_length_are_no_cuts() {
        let gap = tone(220.0, |seconds| if (0.5..0.6).contains(&seconds) { SILENCE_DB } else { -20.0 * seconds });
        let low = tone(40.0, |seconds| -20.0 * seconds);
        let fade = tone(220.0, |seconds| 20.0 * (((2.0 - seconds) / 0.03).clamp(1e-6, 1.0)).log10());
        for (name, sound) in [("gap", gap), ("low tone", low), ("held to the end", fade)] {
            let found_db = fall_db(&sound, RATE_HZ);
            assert!(found_db < CUT_DB, "{name}: {found_db} dB");
        }
        assert_eq!((fall_db(&[0.0; 44_100], RATE_HZ), fall_db(&[], RATE_HZ)), (0.0, 0.0));
    }
}
