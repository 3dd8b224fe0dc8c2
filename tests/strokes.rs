//! What velocity and Touch do to a note, through the whole synth. A fake source stands at the worker's border.

use engine::params::Controls;
use support::fake::{Rig, Timbre};
use support::listen::rms_db;
use support::script::{Script, on, point};

/// A soft velocity, and how much quieter it is: velocity squared.
const SOFT: f32 = 0.4;
const SOFTER_BY_DB: f32 = 15.92;
/// Level and brightness of what should be alike.
const TOLERANCE_DB: f32 = 0.01;
/// Brightness that each 100 % of Touch takes from noise at [`SOFT`], at the least.
const DARKER_BY_DB: f32 = 0.5;

/// Level of the slope over the level of the sound: higher for brighter sounds.
fn brightness_db(sound: &[f32]) -> f32 {
    let slope: Vec<f32> = sound.windows(2).map(|pair| pair[1] - pair[0]).collect();
    rms_db(&slope) - rms_db(sound)
}

#[test]
fn touch_darkens_soft_strokes_and_nothing_else() {
    let mut rig = Rig::new(Timbre::Noise, 48_000.0);
    rig.synth.set_offline(true);
    let mut play = |velocity, touch| {
        rig.synth.reset();
        Script::still(Controls { touch, ..point(0.3) }, vec![(0, on(60, velocity))], 24_000).play(&mut rig.synth, 512)
    };
    let (hard, level) = (play(1.0, 1.0), play(SOFT, 0.0));
    assert!((rms_db(&hard) - rms_db(&level) - SOFTER_BY_DB).abs() < TOLERANCE_DB, "no touch: the level alone changes");
    assert!((brightness_db(&hard) - brightness_db(&level)).abs() < TOLERANCE_DB);
    assert_eq!(hard, play(1.0, 2.0), "the hardest stroke is the same at any touch");
    let [level, dark, darker] = [0.0, 1.0, 2.0].map(|touch| brightness_db(&play(SOFT, touch)));
    assert!(level > dark + DARKER_BY_DB && dark > darker + DARKER_BY_DB, "brightness {level}, {dark}, {darker} dB");
}
