//! The examples of the README, as scores.

use super::pack::Latent;
use super::score::{Call, Example, Note, Point};

/// The way that is heard as an example and seen as a strip.
pub const MORPH: [&str; 2] = ["Vibraphone", "Ahh Choir"];
/// Sounds on that way, both ends included.
pub const MORPH_STEPS: usize = 9;

/// All examples, in the README's order.
pub fn all() -> [Example; 9] {
    [tune(), knobs(), morph(), pad(), random(), stretch(), footsteps(), drums(), band()]
}

/// The call whose sounds both the example and the strip show.
pub fn morph_call() -> Call {
    Call::Morph { from: MORPH[0], to: MORPH[1], steps: MORPH_STEPS, key: 48 }
}

/// One tune in C major; after every second note another sound plays on.
fn tune() -> Example {
    const STEP_S: f32 = 0.26;
    const SOUNDS: [&str; 8] =
        ["Grand Piano", "Nylon String Guitar", "Flute", "Marimba", "Violin", "Clarinet", "Music Box", "Trumpet"];
    const KEYS: [u8; 16] = [60, 64, 67, 72, 71, 67, 69, 65, 64, 67, 65, 62, 64, 62, 59, 60];
    let note = |(n, key): (usize, u8)| {
        let long_s = if n + 1 == KEYS.len() { 3.0 * STEP_S } else { 1.15 * STEP_S };
        Call::named(SOUNDS[n / 2], key).at(n as f32 * STEP_S, 0, 1.0).held(long_s)
    };
    Example { file: "tune", notes: KEYS.into_iter().enumerate().map(note).collect() }
}

/// Each knob from low to high in five steps, while the others stand in the middle.
fn knobs() -> Example {
    const STEP_S: f32 = 0.3;
    const REST_S: f32 = 0.25;
    const PLACES: [f32; 5] = [-2.0, -1.0, 0.0, 1.0, 2.0];
    let turn = |knob: usize| {
        let first_s = knob as f32 * (PLACES.len() as f32 * STEP_S + REST_S);
        PLACES.into_iter().enumerate().map(move |(step, place)| {
            let mut latent = Latent::default();
            latent[knob] = place;
            let call = Call::Render { point: Point::Knobs(latent), key: Some(48), stretch: 1.0 };
            call.at(first_s + step as f32 * STEP_S, 0, 1.0).held(STEP_S)
        })
    };
    Example { file: "knobs", notes: (0..Latent::default().len()).flat_map(turn).collect() }
}

/// Nine steps from one sound to another.
fn morph() -> Example {
    const STEP_S: f32 = 0.5;
    let note = |n: usize| morph_call().at(n as f32 * STEP_S, n, 1.0).held(STEP_S);
    Example { file: "morph", notes: (0..MORPH_STEPS).map(note).collect() }
}

/// An ostinato while the point on the pad goes once round its four corners.
fn pad() -> Example {
    const STEP_S: f32 = 0.26;
    const CORNERS: [&str; 4] = ["Koto", "Church Organ", "Marimba", "Warm Pad"];
    const KEYS: [u8; 8] = [48, 60, 55, 64, 62, 67, 60, 55];
    let note = |n: usize| {
        let angle = std::f32::consts::TAU * (n as f32 / 16.0 + 0.625);
        // A circle drawn out to the corners.
        let place = |value: f32| (0.5 + 0.71 * value).clamp(0.0, 1.0);
        let point = Point::Pad { corners: CORNERS, x: place(angle.cos()), y: place(angle.sin()) };
        let call = Call::Render { point, key: Some(KEYS[n % KEYS.len()]), stretch: 1.0 };
        call.at(n as f32 * STEP_S, 0, 1.0).held(if n == 16 { 0.7 } else { 1.2 * STEP_S })
    };
    Example { file: "pad", notes: (0..=16).map(note).collect() }
}

/// Four random points, each at four keys.
fn random() -> Example {
    const STEP_S: f32 = 0.26;
    const SEEDS: [u64; 4] = [2, 9, 15, 17];
    const KEYS: [u8; 16] = [36, 60, 55, 67, 48, 64, 60, 72, 41, 65, 60, 69, 43, 62, 67, 71];
    let note = |(n, key): (usize, u8)| {
        let call = Call::Render { point: Point::Random(SEEDS[n / 4]), key: Some(key), stretch: 1.0 };
        call.at(n as f32 * STEP_S, 0, 1.0).held(if n + 1 == KEYS.len() { 0.6 } else { 1.2 * STEP_S })
    };
    Example { file: "random", notes: KEYS.into_iter().enumerate().map(note).collect() }
}

/// The same bark at a quarter of its length, a half, as it is, twice and four times.
fn stretch() -> Example {
    /// When, how far stretched, and how long: the sound itself barks twice.
    const PLAN: [(f32, f32, f32); 5] =
        [(0.0, 0.25, 0.1), (0.3, 0.5, 0.16), (0.65, 1.0, 0.3), (1.15, 2.0, 0.55), (1.9, 4.0, 1.05)];
    let note = |(at_s, stretch, long_s): (f32, f32, f32)| {
        let point = Point::Named("Large dog");
        Call::Render { point, key: None, stretch }.at(at_s, 0, 1.0).held(long_s)
    };
    Example { file: "stretch", notes: PLAN.into_iter().map(note).collect() }
}

/// Sixteen variations of one footstep on gravel.
fn footsteps() -> Example {
    let call = Call::Vary { sound: "Footsteps on gravel", amount: 0.3, count: 16 };
    // Small timing and level differences between left and right steps.
    let note = |n: usize| {
        let late_s = [0.0, 0.013, -0.008, 0.017][n % 4];
        call.clone().at(0.3 * n as f32 + late_s + 0.01, n, if n.is_multiple_of(2) { 1.0 } else { 0.85 }).held(0.26)
    };
    Example { file: "footsteps", notes: (0..16).map(note).collect() }
}

/// What a stroke leaves after this is hidden by the next ones.
const RING_S: f32 = 0.6;

/// Strokes of a pattern of sixteenths: X loud, x soft.
fn strokes(call: &Call, pattern: &str, step_s: f32, gain: f32) -> Vec<Note> {
    let loudness = |sign: char| match sign {
        'X' => Some(gain),
        'x' => Some(0.6 * gain),
        _ => None,
    };
    let steps = pattern.chars().enumerate();
    let stroke = |(n, sign)| Some(call.clone().at(n as f32 * step_s, 0, loudness(sign)?).held(RING_S));
    steps.filter_map(stroke).collect()
}

/// Two bars of named drums.
fn drums() -> Example {
    const STEP_S: f32 = 60.0 / 116.0 / 4.0;
    const OPEN_S: f32 = 1.9 * STEP_S;
    let line = |sound, pattern, gain| strokes(&Call::plain(sound), pattern, STEP_S, gain);
    let mut notes = [
        line("Hard kick", "X.....x.X.X.....X.....x.X...x...", 1.0),
        line("Acoustic Snare", "....X..x....X.......X..x....X...", 0.8),
        line("Closed Hi-Hat", "X.x.X.x.X.x.X...X.x.X.x.X.x.....", 0.45),
        line("Crowd clap", "............X...............X...", 0.5),
        line("High Tom", "..........................X.....", 0.7),
        line("Low Tom", "..............................X.", 0.7),
        line("Cowbell", "...x.....x.........x.....x......", 0.35),
    ]
    .concat();
    let open = line("Open Hi-Hat", "..............X...............x.", 0.4);
    notes.extend(open.into_iter().map(|note| note.held(OPEN_S)));
    notes.push(Call::plain("Hard kick").at(32.0 * STEP_S, 0, 1.0).held(0.5));
    notes.push(Call::plain("Crash Cymbal 1").at(32.0 * STEP_S, 0, 0.5).held(0.35));
    Example { file: "drums", notes }
}

/// Four chords by a small band.
fn band() -> Example {
    const STEP_S: f32 = 60.0 / 112.0 / 4.0;
    const CHORDS: [[u8; 4]; 4] = [[33, 60, 64, 67], [29, 60, 65, 69], [36, 60, 64, 67], [31, 59, 62, 67]];
    const MELODY: [(u8, f32); 8] =
        [(76, 0.0), (79, 3.0), (81, 8.0), (77, 11.0), (79, 16.0), (76, 19.0), (74, 24.0), (71, 28.0)];
    let at = |step: f32| step * STEP_S;
    let mut notes = Vec::new();
    for (bar, [root, chord @ ..]) in CHORDS.into_iter().enumerate() {
        let first = 8.0 * bar as f32;
        for (step, long) in [(0.0, 2.6), (3.0, 1.8), (6.0, 1.6)] {
            notes.push(Call::named("Fingered Bass", root).at(at(first + step), 0, 0.8).held(at(long)));
        }
        for key in chord {
            notes.push(Call::named("Electric Piano", key).at(at(first), 0, 0.34).held(at(7.4)));
        }
    }
    for (key, step) in MELODY {
        notes.push(Call::named("Vibraphone", key).at(at(step), 0, 0.45).held(at(4.5)));
    }
    let line = |sound, pattern, gain| strokes(&Call::plain(sound), pattern, STEP_S, gain);
    notes.extend(line("Deep kick", "X.....x.X.......X.....x.X.x.....", 0.85));
    notes.extend(line("Brush Acoustic Snare", "....X.......X.......X.......X..x", 0.6));
    notes.extend(line("Closed Hi-Hat", "x.X.x.X.x.X.x.X.x.X.x.X.x.X.x.Xx", 0.28));
    Example { file: "band", notes }
}

#[cfg(test)]
mod tests {
    use super::super::pack::Pack;
    use super::*;

    fn root() -> std::path::PathBuf {
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(std::path::Path::to_path_buf).unwrap_or_default()
    }

    fn readme() -> String {
        std::fs::read_to_string(root().join("README.md")).expect("the README")
    }

    fn pack() -> Pack {
        let manifest = std::fs::read_to_string(root().join("models/factory/manifest.json")).expect("the manifest");
        Pack::read(&manifest).expect("a list of sounds")
    }

    #[test]
    fn the_factory_pack_has_every_sound_and_a_family_for_each() {
        let pack = pack();
        for name in all().iter().flat_map(|example| &example.notes).flat_map(|note| note.call.names()) {
            assert!(pack.find(name).is_ok(), "the factory pack has no {name}");
        }
        for sound in &pack.sounds {
            let family = super::super::families::family_of(&sound.category);
            assert!(family.is_some(), "{} is in no family", sound.category);
        }
    }

    #[test]
    fn the_readme_names_only_sounds_that_the_factory_pack_has() {
        let (readme, pack) = (readme(), pack());
        let quoted = |option| readme.split(option).skip(1).filter_map(|rest: &str| rest.split('"').next());
        let mut count = 0;
        for name in ["--sound \"", "--from \"", "--to \""].into_iter().flat_map(quoted) {
            assert!(pack.sounds.iter().any(|sound| sound.name == name), "the factory pack has no {name}");
            count += 1;
        }
        assert!(count > 0, "the README names no sound");
    }

    #[test]
    fn the_readme_shows_every_example_and_links_only_to_what_is_there() {
        let readme = readme();
        for example in all() {
            let link = format!("(assets/examples/{}.flac)", example.file);
            assert!(readme.contains(&link), "the README has no link to {link}");
        }
        let links = readme.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.starts_with("http") && !link.starts_with('#')) {
            assert!(root().join(link).exists(), "the README links to {link}, which is not there");
        }
    }
}
