//! Laws of presets: what is saved comes back, whatever it is called and whatever lies beside it; the built-in ones sound.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use engine::audio::{Event, EventKind, NoteAddress, UNKNOWN_RELEASE};
use engine::decode::PackModel;
use engine::decode::assets::AssetTable;
use engine::decode::load::load;
use engine::instrument::{Pool, create_with_source};
use engine::pack::AnyPack;
use engine::params::{ModSource, TABLE};
use engine::presets::{PRESET_EXTENSION, Place, PresetError, PresetLibrary, factory};
use engine::scene;
use engine::state::{FrozenZone, PackRef, Preset, PresetLabel, SoundState, StateDocument};
use support::Random;
use tempfile::TempDir;

/// Sample rate at which built-in presets are heard.
const RATE_HZ: usize = 44_100;

/// Names that some file system does not take, or takes for another file.
const HARD_NAMES: [&str; 16] = [
    "a/b\\c",
    "..",
    ".hidden",
    "CON",
    "nul.txt",
    "COM1",
    "trailing. ",
    "what? <\"|*>:",
    "line\nbreak",
    "Kick",
    "kick",
    "KICK",
    "鐘の音 🔔",
    "Trash",
    "favourites.json",
    "-",
];

fn library() -> (TempDir, PresetLibrary) {
    let folder = TempDir::new().unwrap();
    let library = PresetLibrary { folder: folder.path().join("presets") };
    (folder, library)
}

fn preset(name: &str) -> Preset {
    let params = BTreeMap::from([("gain".to_owned(), -3.5)]);
    let corners = ["A", "B", "C", "D"].map(|name| SoundState::new(name, [0.25; 7]));
    Preset { label: PresetLabel::new(name), document: StateDocument::new(params, PackRef::new("p", "00"), corners) }
}

/// A preset with every field set by chance.
fn random_preset(random: &mut Random) -> Preset {
    let text = |random: &mut Random| -> String {
        let letters = ['a', 'Z', ' ', '"', '\\', '\n', 'é', '鐘', '\u{1f514}', '\u{202e}', '/', '.'];
        (0..random.below(12)).map(|_| letters[random.below(letters.len())]).collect()
    };
    let unit = |random: &mut Random| (random.bits() >> 40) as f32 / (1 << 24) as f32;
    let sound = |random: &mut Random| SoundState {
        unknown: [(text(random) + "x", serde_json::json!(random.below(9)))].into_iter().collect(),
        ..SoundState::new(text(random), std::array::from_fn(|_| 6.0 * unit(random) - 3.0))
    };
    let label = PresetLabel {
        name: format!("n{}", text(random)),
        author: text(random),
        category: text(random),
        tags: (0..random.below(4)).map(|_| text(random)).collect(),
        notes: text(random),
    };
    let params = TABLE.iter().map(|row| (row.id.to_owned(), f32::from_bits(random.bits() as u32)));
    let params = params.map(|(id, value)| (id, if value.is_finite() { value } else { 0.5 })).collect();
    let corners = std::array::from_fn(|_| sound(random));
    let mut document = StateDocument::new(params, PackRef::new(text(random), text(random)), corners);
    document.seed = random.bits();
    document.knobs = (random.below(2) == 0).then(|| sound(random));
    let wave: Vec<f32> = (0..500).map(|_| 1.8 * unit(random) - 0.9).collect();
    document.frozen =
        (random.below(3) == 0).then(|| FrozenZone::from_samples(48, 44_100, &wave).unwrap()).into_iter().collect();
    document.unknown.insert("later".to_owned(), serde_json::json!([text(random), random.below(100)]));
    Preset { label, document }
}

#[test]
fn random_presets_come_back_as_they_were() {
    let (_folder, library) = library();
    let mut random = Random::new(11);
    for _ in 0..60 {
        let preset = random_preset(&mut random);
        let place = library.save_as(&preset).unwrap();
        // A sample of 24 bits, a value of the document: what is written is what was there.
        assert_eq!(library.load(&place).unwrap(), preset);
    }
    let listing = library.list();
    assert_eq!((listing.entries.len(), listing.faults.len()), (60 + factory().len(), 0));
    assert_eq!(library.check(), Vec::<String>::new());
}

#[test]
fn hard_names_get_files_of_their_own_and_stay_as_they_are() {
    let (_folder, library) = library();
    let places: Vec<Place> = HARD_NAMES.iter().map(|name| library.save_as(&preset(name)).unwrap()).collect();
    let long = "é".repeat(500);
    library.save_as(&preset(&long)).unwrap();
    let again = library.save_as(&preset("Kick")).unwrap();
    for (name, place) in HARD_NAMES.iter().zip(&places) {
        assert_eq!(library.load(place).unwrap().label.name, *name);
        assert_eq!(place.file().and_then(Path::parent), Some(library.folder.as_path()), "{name:?} stays in the folder");
    }
    let files: Vec<String> = places.iter().chain([&again]).map(|place| place.id().to_lowercase()).collect();
    let mut distinct = files.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), files.len(), "also where capitals do not count: {files:?}");
    assert!(files.iter().all(|file| file.len() <= 255 && !file.starts_with('.')));
}

#[test]
fn damaged_newer_and_foreign_files_are_told_and_the_others_are_there() {
    let (_folder, library) = library();
    let good = library.save_as(&preset("Good")).unwrap();
    let put = |name: &str, bytes: &[u8]| fs::write(library.folder.join(name), bytes).unwrap();
    let text = preset("x").to_json();
    put("empty.heptode-preset", b"");
    put("cut.heptode-preset", &text.as_bytes()[..text.len() / 2]);
    put("newer.heptode-preset", text.replace("\"version\": 1", "\"version\": 99").as_bytes());
    put("noise.heptode-preset", &[0xff; 4_000]);
    put("nameless.heptode-preset", text.replace("\"x\"", "\"  \"").as_bytes());
    put("other.txt", b"not looked at");
    fs::create_dir(library.folder.join("folder.heptode-preset")).unwrap();
    let own = |library: &PresetLibrary| -> Vec<Place> {
        library.list().entries.into_iter().map(|entry| entry.place).filter(|place| place.file().is_some()).collect()
    };
    assert_eq!(own(&library), std::slice::from_ref(&good));
    let faults = library.list().faults;
    assert_eq!(faults.len(), 6, "{faults:#?}");
    for (name, reason) in
        [("newer", "newer Heptode"), ("cut", "truncated"), ("noise", "not a text"), ("folder", "regular")]
    {
        let place = Place::File(library.folder.join(format!("{name}.heptode-preset")));
        let message = library.load(&place).unwrap_err().to_string();
        assert!(message.contains(name) && message.contains(reason) && message.lines().count() == 1, "{message}");
        assert!(library.rename(&place, "New").is_err());
    }
    assert_eq!(own(&library), [good], "nothing was changed");

    // A sound that is damaged behind a good label: the list shows it, the check tells it.
    let mut broken = preset("Broken");
    broken.document.frozen = vec![FrozenZone::from_samples(60, 44_100, &[0.5; 900]).unwrap()];
    broken.document.frozen[0].flac_base64.replace_range(40..60, "????????????????????");
    library.save_as(&broken).unwrap();
    assert_eq!(library.list().faults.len(), 6);
    assert_eq!(library.check().len(), 7);
}

#[test]
fn saving_renaming_deleting_and_marking_change_what_they_say_and_nothing_else() {
    let (_folder, library) = library();
    let [first, second] = ["One", "Two"].map(|name| library.save_as(&preset(name)).unwrap());
    library.set_favourite(&first, true).unwrap();
    let marks = |library: &PresetLibrary| -> Vec<String> {
        let marked = library.list().entries.into_iter().filter(|entry| entry.is_favourite);
        marked.map(|entry| entry.label.name).collect()
    };
    assert_eq!(marks(&library), ["One"]);
    assert_eq!(library.load(&first).unwrap(), preset("One"), "a mark is not in the file");

    let renamed = library.rename(&first, "ONE").unwrap();
    assert_eq!((library.load(&renamed).unwrap(), renamed.id()), (preset("ONE"), format!("ONE.{PRESET_EXTENSION}")));
    assert_eq!(marks(&library), ["ONE"]);
    let taken = library.rename(&renamed, "Two").unwrap();
    assert_eq!(taken.id(), format!("Two 2.{PRESET_EXTENSION}"));
    assert_eq!(library.load(&second).unwrap(), preset("Two"), "the other one stays");
    assert!(matches!(library.find("two".as_ref()), Err(PresetError::Ambiguous { count: 2, .. })));

    let mut changed = preset("Two");
    changed.document.seed = 5;
    library.save(&second, &changed).unwrap();
    assert_eq!(library.load(&second).unwrap().document.seed, 5);
    for place in [&second, &taken] {
        let trash = library.delete(place).unwrap();
        assert!(trash.exists() && matches!(library.load(place), Err(PresetError::File { .. })));
    }
    assert_eq!(fs::read_dir(library.folder.join("Trash")).unwrap().count(), 2);
    assert_eq!(marks(&library), Vec::<String>::new());

    let built_in = Place::Factory(factory()[0].label.name.clone());
    assert!(matches!(library.delete(&built_in), Err(PresetError::BuiltIn(_))));
    assert!(matches!(library.save(&built_in, &changed), Err(PresetError::BuiltIn(_))));
    library.set_favourite(&built_in, true).unwrap();
    assert_eq!(marks(&library).len(), 1);

    fs::write(library.folder.join("favourites.json"), b"{").unwrap();
    assert!(matches!(library.set_favourite(&built_in, false), Err(PresetError::Favourites { .. })));
    assert_eq!(fs::read(library.folder.join("favourites.json")).unwrap(), b"{", "a damaged list is left to its owner");
    assert_eq!(library.list().faults.len(), 1);
}

#[test]
fn a_built_in_preset_is_found_by_its_name_and_the_users_own_comes_before_it() {
    let (_folder, library) = library();
    let name = &factory()[0].label.name;
    let find = |word: &str| library.find(word.as_ref());
    assert_eq!(find(&name.to_uppercase()).unwrap(), Place::Factory(name.clone()));
    let own = library.save_as(&preset(name)).unwrap();
    assert_eq!(find(name).unwrap(), own);
    assert_eq!(find("x/y").unwrap(), Place::File("x/y".into()));
    let message = find(&format!("{name}x")).unwrap_err().to_string();
    assert!(message.contains("did you mean"), "{message}");
}

/// A document that was read from a preset file and becomes another preset has one label.
#[test]
fn the_label_of_an_older_file_does_not_come_back() {
    let (_folder, library) = library();
    let document = StateDocument::parse(&preset("Old").to_json()).unwrap();
    assert_eq!(document.unknown["name"], "Old");
    let place = library.save_as(&Preset { label: PresetLabel::new("New"), document }).unwrap();
    assert_eq!(library.load(&place).unwrap().label.name, "New");
}

#[test]
fn every_built_in_preset_is_of_the_pack_and_sounds_without_clipping() {
    /// Of a chord of four at full velocity: as loud as others, with room for more notes.
    const PEAKS_DBFS: std::ops::RangeInclusive<f32> = -12.0..=-1.0;
    /// Of full scale, or as many standard errors of the mean: that of low noise is not 0.
    const LARGEST_OFFSET: f32 = 0.001;
    const MOST_ERRORS: f32 = 3.0;
    const FEWEST: usize = 40;
    let files = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/presets")).unwrap().count();
    assert_eq!(factory().len(), files, "every file is built in and can be read");
    assert!(files >= FEWEST);
    let shipped = AnyPack::shipped_names().into_iter().map(|name| AnyPack::shipped(name).unwrap().unwrap());
    let packs: Vec<(AnyPack, Arc<dyn PackModel>)> = shipped
        .map(|pack| {
            let model = load(&pack).unwrap();
            (pack, model)
        })
        .collect();
    let pool = Pool::new(1).unwrap();
    for Preset { label, document } in factory() {
        let of = |pack: &AnyPack| document.pack == PackRef::new(&pack.info().id, &pack.info().hash);
        let (pack, model) = packs.iter().find(|(pack, _)| of(pack)).unwrap_or_else(|| panic!("{}", label.name));
        assert!(!label.category.is_empty() && !label.tags.is_empty() && !label.notes.is_empty(), "{}", label.name);
        for sound in document.corners.iter().chain(&document.knobs) {
            assert_eq!(pack.sound(&sound.name).unwrap().latent, sound.latent, "{}: {}", label.name, sound.name);
        }
        for (id, value) in &document.params {
            let row = TABLE.iter().find(|row| row.id == id).unwrap_or_else(|| panic!("{}: {id}", label.name));
            assert_eq!(row.saved(&document.params), *value, "{}: {id} is in its range", label.name);
        }
        let table = Arc::<AssetTable>::default();
        let controls = scene::controls(document, Some(&pack.residuals()), &table);
        let (mut synth, _instance) = create_with_source(&pool, model.clone().source(), table);
        synth.set_sample_rate(RATE_HZ as f32);
        synth.set_offline(true);
        synth.reset();
        let note = |key| NoteAddress::key(0, key);
        let mut events: Vec<Event> = [48, 55, 60, 64]
            .map(|key| Event { offset: 0, kind: EventKind::NoteOn { note: note(key), velocity: 1.0 } })
            .to_vec();
        events.push(Event {
            offset: 2 * RATE_HZ,
            kind: EventKind::NoteOff { notes: NoteAddress::ALL, velocity: UNKNOWN_RELEASE },
        });
        let (mut left, mut right) = (vec![0.0; 3 * RATE_HZ], vec![0.0; 3 * RATE_HZ]);
        synth.render(&events, &controls, &mut left, &mut right);
        assert!(!synth.render_failed());
        let peak = left.iter().chain(&right).fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        assert!(left.iter().chain(&right).all(|sample| sample.is_finite()), "{}", label.name);
        let peak_dbfs = engine::units::gain_to_db(peak);
        assert!(PEAKS_DBFS.contains(&peak_dbfs), "{}: a chord of four peaks at {peak_dbfs} dBFS", label.name);
        for side in [&left, &right] {
            let (offset, error) = mean_and_error(side);
            let allowed = LARGEST_OFFSET.max(MOST_ERRORS * error);
            assert!(offset.abs() < allowed, "{}: an offset of {offset}, {allowed} at most", label.name);
        }
    }
}

/// Mean of samples, and the standard error of it from the means of parts of 50 ms, which is the period of 20 Hz.
fn mean_and_error(samples: &[f32]) -> (f32, f32) {
    let parts: Vec<f32> =
        samples.chunks_exact(RATE_HZ / 20).map(|part| part.iter().sum::<f32>() / part.len() as f32).collect();
    let mean = parts.iter().sum::<f32>() / parts.len() as f32;
    let variance = parts.iter().map(|part| (part - mean).powi(2)).sum::<f32>() / parts.len() as f32;
    (mean, (variance / parts.len() as f32).sqrt())
}

#[test]
fn a_constant_is_an_offset_and_noise_is_none() {
    let random = |n: usize| ((n as f32 * 12.9898).sin() * 43758.547).fract();
    let noise: Vec<f32> = (0..3 * RATE_HZ).map(|n| 0.1 * random(n / 1000)).collect();
    let (mean, error) = mean_and_error(&noise);
    assert!(mean.abs() < 3.0 * error && error > 1e-4, "{mean} {error}");
    let shifted: Vec<f32> = noise.iter().map(|sample| sample + 0.05).collect();
    let (mean, error) = mean_and_error(&shifted);
    assert!(mean > 3.0 * error, "{mean} {error}");
}

#[test]
fn the_wheel_moves_every_built_in_preset() {
    for preset in factory() {
        let document = &preset.document;
        let moves = document.routes.iter().enumerate().any(|(index, route)| {
            let amount = document.params.get(&format!("route{}", index + 1)).copied().unwrap_or_default();
            amount != 0.0 && [route.source, route.via].contains(&ModSource::Wheel) && !route.is_empty()
        });
        assert!(moves, "{}", preset.label.name);
    }
}
