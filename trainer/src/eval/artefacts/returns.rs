//! Sounds that come back after they have ended.

use super::contour::{Windows, contour};

/// Windows of 20 ms: half a period of the lowest tone that can be heard, over which its level varies by 3 dB at most. A burst of
/// a tenth of that length raises the level of its window by 10 dB less.
const WINDOWS: Windows = Windows { length_s: 0.02, step_s: 0.005 };
/// Below this level against the loudest window a sound is silent, in dB: a thousandth of its amplitude.
pub const SILENT_DB: f32 = -60.0;
/// What exceeds this level after silence is heard as another event, in dB.
const HEARD_DB: f32 = -55.0;
/// Rise above the lowest level before it that makes a return, in dB: noise that decays through the threshold varies by less than 10.
const RISE_DB: f32 = 15.0;

/// Height above silence of the loudest return, in dB; 0 where there is none.
pub fn height_db(samples: &[f32], rate_hz: f64) -> f32 {
    returns(samples, rate_hz).iter().fold(SILENT_DB, |highest, found| highest.max(found.level_db)) - SILENT_DB
}

/// The sample at which a sound is most silent before it first returns; `None` where it does not.
pub fn silent_before_return(samples: &[f32], rate_hz: f64) -> Option<usize> {
    let first = returns(samples, rate_hz).into_iter().next()?;
    Some(((first.silent_at as f64 * WINDOWS.step_s + WINDOWS.length_s / 2.0) * rate_hz) as usize)
}

/// A window that is heard after silence.
struct Return {
    level_db: f32,
    /// The most silent window before it.
    silent_at: usize,
}

/// All windows that are heard after silence, in their order.
fn returns(samples: &[f32], rate_hz: f64) -> Vec<Return> {
    let levels = contour(samples, rate_hz, WINDOWS);
    let (mut lowest_db, mut silent_at) = (0.0_f32, 0);
    let mut found = Vec::new();
    // Leading silence is skipped.
    for (index, level) in levels.iter().enumerate().skip_while(|(_, level)| **level <= HEARD_DB) {
        if *level < lowest_db {
            (lowest_db, silent_at) = (*level, index);
        }
        if lowest_db < SILENT_DB && *level > HEARD_DB && level - lowest_db >= RISE_DB {
            found.push(Return { level_db: *level, silent_at });
        }
    }
    found
}

/// The rule in words.
pub fn rule() -> String {
    format!(
        "A sound returns when its level ({:.0} ms) rises by {RISE_DB} dB or more to above {HEARD_DB} dB of its loudest after it has been \
         below {SILENT_DB} dB.",
        WINDOWS.length_s * 1e3
    )
}

#[cfg(test)]
mod tests {
    use super::super::test_signals::{RATE_HZ, SILENCE_DB, tone};
    use super::*;

    /// Falls by 80 dB a second; between 1.2 and 1.4 s it is at `burst_db`.
    fn with_burst(burst_db: f64) -> f32 {
        let level = |seconds: f64| if (1.2..1.4).contains(&seconds) { burst_db } else { -80.0 * seconds };
        height_db(&tone(300.0, level), RATE_HZ)
    }

    #[test]
    fn a_burst_after_silence_is_a_return_of_its_height() {
        for burst_db in [-50.0, -40.0, -20.0] {
            let found_db = with_burst(burst_db);
            assert!((f64::from(found_db) - (burst_db + 60.0)).abs() < 1.0, "{found_db} dB for a burst at {burst_db}");
        }
        assert_eq!([with_burst(-58.0), with_burst(-96.0)], [0.0, 0.0], "too soft to be heard");
        let burst = tone(300.0, |seconds| if (1.2..1.4).contains(&seconds) { -30.0 } else { -80.0 * seconds });
        let silent_at = silent_before_return(&burst, RATE_HZ).expect("it returns") as f64 / RATE_HZ;
        assert!((1.1..1.2).contains(&silent_at), "{silent_at} s");
    }

    #[test]
    fn what_never_fell_silent_does_not_return() {
        let tremolo = tone(300.0, |seconds| -25.0 * (1.0 - (20.0 * seconds).cos()));
        let late = tone(300.0, |seconds| if seconds < 0.5 { SILENCE_DB } else { -80.0 * (seconds - 0.5) });
        let low = tone(28.0, |seconds| -50.0 * seconds);
        for (name, sound) in [("tremolo of 50 dB", tremolo), ("late onset", late), ("low tone", low)] {
            assert_eq!((height_db(&sound, RATE_HZ), silent_before_return(&sound, RATE_HZ)), (0.0, None), "{name}");
        }
        assert_eq!((height_db(&[0.0; 44_100], RATE_HZ), height_db(&[], RATE_HZ)), (0.0, 0.0));
    }
}
