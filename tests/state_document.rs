//! The state document: round trips, versions, limits, damage.

use std::collections::BTreeMap;

use engine::import::{KeyOrigin, Keyed};
use engine::params::{
    ControllerMap, FIRST_ROUTES, ModDestination, ModSource, PadPath, ParamId, PathPoint, ROUTES, Route, Routes,
    StepLevels,
};
use engine::state::{
    Cut, FrozenZone, MAX_STATE_BYTES, PackRef, Preset, PresetLabel, SoundState, StateDocument, StateError,
};
use support::Random;

fn tone(samples: usize, level: f32) -> Vec<f32> {
    (0..samples).map(|n| level * (n as f32 * 0.07).sin() * (-(n as f32) / 9_000.0).exp()).collect()
}

fn document() -> StateDocument {
    let params = [("z1", 0.1_f32), ("pad_x", 1.0 / 3.0), ("gain", -6.0), ("attack", f32::MIN_POSITIVE)];
    let corners =
        ["Rain", "Bell “x”", "", "鐘"].map(|name| SoundState::new(name, [0.5, -3.0, 3.0, 0.0, 1e-7, -0.1, 2.9]));
    let params = params.into_iter().map(|(id, value)| (id.to_owned(), value)).collect::<BTreeMap<_, _>>();
    StateDocument {
        knobs: Some(SoundState::new("Organ", [0.25; 7])),
        seed: u64::MAX,
        frozen: vec![FrozenZone::from_samples(60, 44_100, &tone(2_000, 0.9)).unwrap()],
        ..StateDocument::new(params, PackRef::new("heptode-factory", "00ff"), corners)
    }
}

/// `text` with one top-level change.
fn edited(text: &str, edit: impl FnOnce(&mut serde_json::Value)) -> String {
    let mut value: serde_json::Value = serde_json::from_str(text).unwrap();
    edit(&mut value);
    value.to_string()
}

#[test]
fn a_document_comes_back_bit_for_bit() {
    let document = document();
    assert_eq!(StateDocument::parse(&document.to_json()).unwrap(), document);
}

#[test]
fn learned_controllers_survive_and_documents_without_them_have_none() {
    let [cutoff, later] = [ParamId::named("cutoff").unwrap(), ParamId::GAIN];
    let map = ControllerMap::default().with(cutoff, Some(74)).with(later, Some(74));
    let learned = StateDocument { controllers: map, ..document() };
    let text = learned.to_json();
    assert_eq!(StateDocument::parse(&text).unwrap(), learned);
    assert!(!document().to_json().contains("controllers"), "a project without any is written as before");
    let unknown = edited(&text, |value| value["controllers"]["of a later version"] = 20.into());
    assert_eq!(StateDocument::parse(&unknown).unwrap().controllers, map);
    for bad in [serde_json::json!(6), serde_json::json!(120), serde_json::json!(300), serde_json::json!("x")] {
        let text = edited(&text, |value| value["controllers"]["gain"] = bad.clone());
        assert!(matches!(StateDocument::parse(&text), Err(StateError::Damaged(_))), "{bad}");
    }
}

fn cut() -> Cut {
    Cut {
        start_s: 12.345_678,
        is_start_chosen: true,
        chosen_key: Some(48.0),
        told: Some(Keyed { key: 60.0, origin: KeyOrigin::Name }),
        found_key: Some(59.97),
        key_confidence: 0.82,
        ..Cut::default()
    }
}

#[test]
fn region_and_key_of_an_import_survive() {
    let mut document = document();
    document.corners[1].cut = Some(cut());
    document.corners[1].file = Some("/home/ana/rain.wav".into());
    let text = document.to_json();
    assert!(!text.contains("ana"), "a document does not tell of the user's folders");
    let back = StateDocument::parse(&text).unwrap();
    assert_eq!((&back.corners[1].cut, &back.corners[1].file), (&Some(cut()), &None));
    let choice = back.corners[1].cut.as_ref().unwrap().choice();
    assert_eq!((choice.region_s, choice.key), (Some(12.345_678), Some(48.0)));

    let later = edited(&text, |state| state["corners"][1]["cut"]["channel"] = 2.into());
    assert!(StateDocument::parse(&later).unwrap().to_json().contains(r#""channel":2"#));
    let partial = edited(&text, |state| state["corners"][1]["cut"] = serde_json::json!({ "start_s": 3.0 }));
    let choice = StateDocument::parse(&partial).unwrap().corners[1].cut.as_ref().unwrap().choice();
    assert_eq!((choice.region_s, choice.key), (None, None), "what nobody chose is found");
}

#[test]
fn a_document_from_before_regions_loads_and_a_bad_region_is_brought_in_or_refused() {
    let text = document().to_json();
    assert!(!text.contains("\"cut\""), "only imports have one");
    assert!(StateDocument::parse(&text).unwrap().corners.iter().all(|sound| sound.cut.is_none()));

    let with_cut = |cut: serde_json::Value| edited(&text, |state| state["corners"][0]["cut"] = cut);
    let far = with_cut(serde_json::json!({ "start_s": -4.0, "chosen_key": 300.0, "key_confidence": 7.0 }));
    let far = StateDocument::parse(&far).unwrap().corners[0].cut.clone().unwrap();
    assert_eq!((far.start_s, far.chosen_key, far.key_confidence), (0.0, Some(127.0), 1.0));
    let message = StateDocument::parse(&with_cut(serde_json::json!({ "chosen_key": 1e39 }))).unwrap_err().to_string();
    assert!(message.contains("corner A"), "{message}");

    let mut broken = document();
    broken.corners[0].cut = Some(Cut { start_s: f64::NAN, ..cut() });
    assert_eq!(StateDocument::parse(&broken.to_json()).expect("what is written can be read").corners[0].cut, None);
}

#[test]
fn routes_survive_and_a_document_from_before_them_has_none() {
    let mut document = document();
    assert_eq!(document.routes, FIRST_ROUTES);
    document.routes[5] = Route { source: ModSource::Macro3, via: ModSource::Key, destination: ModDestination::Latent4 };
    let text = document.to_json();
    assert_eq!(StateDocument::parse(&text).unwrap(), document);

    let older = edited(&text, |state| drop(state.as_object_mut().unwrap().remove("routes").unwrap()));
    let older = StateDocument::parse(&older).unwrap();
    assert_eq!(older.routes, Routes::default());
    assert!(!older.to_json().contains("routes"));
}

#[test]
fn steps_and_path_survive_and_a_document_from_before_them_is_written_as_it_was() {
    let plain = document();
    let steps = StepLevels::FIRST.with(3, 0.123);
    let pad_path = PadPath::recorded(&[[0.0, 0.2, 0.3], [0.4, 0.9, 0.8], [1.1, 0.6, 0.1]].map(PathPoint::from));
    let moved = StateDocument { steps, pad_path, ..plain.clone() };
    let text = moved.to_json();
    assert_eq!(StateDocument::parse(&text).unwrap(), moved);
    assert!(!plain.to_json().contains("steps") && !plain.to_json().contains("pad_path"));
    for (field, bad, why) in [
        ("steps", serde_json::json!(vec![0.5; 17]), "17 steps, at most 16 are possible"),
        ("pad_path", serde_json::json!([[0.0, 0.0, 0.0], [3600.0, 1.0, 1.0]]), "a path of 3600 s"),
        ("pad_path", serde_json::json!([[0.0, 0.0]]), "length"),
    ] {
        let error = StateDocument::parse(&edited(&text, |state| state[field] = bad.clone())).unwrap_err();
        assert!(matches!(&error, StateError::Damaged(reason) if reason.contains(why)), "{field} {bad}: {error}");
    }
}

#[test]
fn a_route_of_a_later_version_is_empty_and_a_bad_one_is_refused() {
    let routes_of = |routes: serde_json::Value| {
        StateDocument::parse(&edited(&document().to_json(), |state| state["routes"] = routes))
            .map(|document| document.routes)
    };
    let whole = serde_json::json!({ "source": "velocity", "via": "wheel", "destination": "cutoff" });
    let with = |field: &str, value: &str| {
        let mut route = whole.clone();
        route[field] = value.into();
        route
    };
    let mut wanted = Routes::default();
    wanted[3] = Route { source: ModSource::Velocity, via: ModSource::Wheel, destination: ModDestination::Cutoff };
    let later = ["source", "via", "destination"].map(|field| with(field, "x"));
    let list = serde_json::Value::from([later.as_slice(), std::slice::from_ref(&whole)].concat());
    assert_eq!(routes_of(list).unwrap(), wanted);
    let without_via = serde_json::json!([{ "source": "velocity", "destination": "cutoff" }]);
    assert_eq!(routes_of(without_via).unwrap()[0], Route { via: ModSource::None, ..wanted[3] });

    let too_many = serde_json::Value::from(vec![whole.clone(); ROUTES + 1]);
    let message = routes_of(too_many).unwrap_err().to_string();
    assert!(message.contains("17 routes, at most 16 are possible"), "{message}");
    for bad in [serde_json::json!(3), serde_json::json!([{ "source": 4 }]), serde_json::json!([null])] {
        assert!(matches!(routes_of(bad), Err(StateError::Damaged(_))));
    }
}

#[test]
fn every_float_survives_text() {
    let mut random = Random::new(3);
    let mut document = document();
    for _ in 0..200 {
        for n in 0..50 {
            let value = f32::from_bits(random.bits() as u32);
            document.params.insert(format!("p{n}"), if value.is_finite() { value } else { 0.0 });
        }
        let back = StateDocument::parse(&document.to_json()).unwrap();
        for (id, value) in &document.params {
            assert_eq!(back.params[id].to_bits(), value.to_bits(), "{value:e}");
        }
    }
}

#[test]
fn unknown_fields_survive_at_every_level() {
    let text = edited(&document().to_json(), |state| {
        state["wavetable"] = serde_json::json!({"a": [1, 2.5, null]});
        state["pack"]["origin"] = "shop".into();
        state["corners"][2]["aura"] = "AAAA".into();
        state["frozen"][0]["layer"] = 3.into();
    });
    let again: serde_json::Value = serde_json::from_str(&StateDocument::parse(&text).unwrap().to_json()).unwrap();
    assert_eq!(again, serde_json::from_str::<serde_json::Value>(&text).unwrap());
}

#[test]
fn newer_empty_and_truncated_documents_are_told_apart() {
    let text = document().to_json();
    let newer = edited(&text, |state| state["version"] = 3.into());
    let message = StateDocument::parse(&newer).unwrap_err().to_string();
    assert!(message.contains("newer Heptode (state version 3, this one reads up to 1)"), "{message}");
    // A newer document need not have any field that is known here.
    assert!(matches!(StateDocument::parse(r#"{"version":2,"other":[]}"#), Err(StateError::Newer(2))));
    for empty in ["", " \n", "\0\0\0"] {
        assert!(matches!(StateDocument::parse(empty), Err(StateError::Empty)));
    }
    for end in (1..text.len()).step_by(97).filter(|&end| text.is_char_boundary(end)) {
        assert!(matches!(StateDocument::parse(&text[..end]), Err(StateError::Truncated)), "cut at {end}");
    }
    for bad in
        ["null", "[]", "{}", r#"{"version":1}"#, r#"{"version":"1"}"#, r#"{"version":-1}"#, r#"{"version":0}"#, "{]"]
    {
        let message = StateDocument::parse(bad).unwrap_err().to_string();
        assert!(message.contains("damaged") && !message.contains('\n'), "{bad}: {message}");
    }
    let long = " ".repeat(MAX_STATE_BYTES) + "1";
    assert!(matches!(StateDocument::parse(&long), Err(StateError::TooLong(_))));
}

#[test]
fn numbers_are_finite_and_latents_within_their_limits() {
    let text = document().to_json();
    let far = edited(&text, |state| state["corners"][0]["latent"][1] = (-50.0).into());
    assert_eq!(StateDocument::parse(&far).unwrap().corners[0].latent[1], -3.0);
    // 1e39 is a number in JSON and infinite as a parameter.
    let param = text.replace("\"gain\":-6.0", "\"gain\":1e39");
    assert!(matches!(StateDocument::parse(&param), Err(StateError::NotFinite(_))));
    let latent = edited(&text, |state| state["corners"][3]["latent"][6] = 1e39.into());
    assert!(StateDocument::parse(&latent).unwrap_err().to_string().contains("corner D"));
    for wrong in [serde_json::json!([0, 1]), serde_json::json!(null), serde_json::json!("x")] {
        assert!(StateDocument::parse(&edited(&text, |state| state["corners"][1]["latent"] = wrong)).is_err());
    }
    let mut broken = document();
    broken.params.insert("z2".to_owned(), f32::NAN);
    broken.corners[0].latent[0] = f32::INFINITY;
    let back = StateDocument::parse(&broken.to_json()).expect("what is written can be read");
    assert!(!back.params.contains_key("z2") && back.corners[0].latent[0] == 0.0);
}

#[test]
fn frozen_sounds_come_back_to_24_bits() {
    for (level, scale) in [(1.0_f32, 1.0_f32), (0.001, 1.0), (1.5, 2.0), (5.0, 8.0)] {
        for rate_hz in [44_100, 48_000, 96_000] {
            let sound = tone(20_000, level);
            let zone = FrozenZone::from_samples(36, rate_hz, &sound).unwrap();
            let back = zone.to_samples().unwrap();
            assert_eq!(back.len(), sound.len());
            let step = scale / 8_388_608.0;
            assert!(sound.iter().zip(&back).all(|(a, b)| (a - b).abs() <= step), "level {level}");
            // What came from 24 bits stays exactly as it is, however often it is saved.
            let again = FrozenZone::from_samples(36, rate_hz, &back).unwrap().to_samples().unwrap();
            if scale == 1.0 {
                assert_eq!(again, back);
            }
        }
    }
    for length in [1, 15, 16, 4_095, 4_096, 4_097, 5_000] {
        let silence = vec![0.0; length];
        assert_eq!(FrozenZone::from_samples(60, 44_100, &silence).unwrap().to_samples().unwrap(), silence);
    }
}

#[test]
fn bad_frozen_sounds_are_refused() {
    for bad in [vec![], vec![f32::NAN], vec![f32::INFINITY, 0.0], vec![1e30]] {
        assert!(FrozenZone::from_samples(60, 44_100, &bad).is_err());
    }
    assert!(FrozenZone::from_samples(128, 44_100, &[0.5; 100]).is_err());
    assert!(FrozenZone::from_samples(60, 100, &[0.5; 100]).is_err());
    let good = FrozenZone::from_samples(60, 44_100, &tone(9_000, 0.5)).unwrap();
    let half = good.flac_base64.len() / 8 * 4;
    for text in ["", "%%%", "AAAA", &good.flac_base64[..half]] {
        let zone = FrozenZone { flac_base64: text.to_owned(), ..good.clone() };
        let message = zone.to_samples().unwrap_err().to_string();
        assert!(message.contains("frozen sound of key 60"), "{message}");
    }
    assert!(FrozenZone { sample_rate_hz: 48_000, ..good.clone() }.to_samples().is_err());
    assert!(FrozenZone { scale: f32::NAN, ..good }.to_samples().is_err());
}

#[test]
fn damaged_documents_never_panic() {
    let mut random = Random::new(11);
    let mut small = document();
    small.frozen = vec![FrozenZone::from_samples(60, 44_100, &tone(64, 0.5)).unwrap()];
    let text = small.to_json();
    for _ in 0..5_000 {
        let mut bytes = text.clone().into_bytes();
        for _ in 0..=random.below(4) {
            if bytes.is_empty() {
                break;
            }
            let at = random.below(bytes.len());
            match random.below(4) {
                0 => bytes[at] = random.below(256) as u8,
                1 => bytes[at] = b"0123456789.-eE[]{},:\"nul"[random.below(24)],
                2 => drop(bytes.drain(at..(at + random.below(20)).min(bytes.len()))),
                _ => bytes.truncate(at.max(1)),
            }
        }
        let Ok(text) = String::from_utf8(bytes) else { continue };
        if let Ok(document) = StateDocument::parse(&text) {
            assert!(document.corners.iter().flat_map(|c| c.latent).all(|z| (-3.0..=3.0).contains(&z)));
            assert!(document.params.values().all(|v| v.is_finite()));
            document.frozen.iter().for_each(|zone| drop(zone.to_samples()));
        }
    }
}

#[test]
fn presets_are_documents_with_a_name() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("a.heptode-preset");
    let preset = Preset {
        label: PresetLabel {
            tags: vec!["bell".to_owned(), "soft".to_owned()],
            author: "A. Nother".to_owned(),
            ..PresetLabel::new("Glass")
        },
        document: document(),
    };
    preset.save(&path).unwrap();
    assert_eq!(Preset::load(&path).unwrap(), preset);
    // The document inside is read by the host-state reader, which keeps the preset's own fields.
    let text = std::fs::read_to_string(&path).unwrap();
    let state = StateDocument::parse(&text).unwrap();
    assert_eq!(state.unknown["name"], "Glass");
    assert_eq!(Preset::parse(&state.to_json()).unwrap(), preset);
    assert!(Preset::parse(&document().to_json()).is_err(), "a preset has a name");
    assert!(matches!(Preset::load(&folder.path().join("none")), Err(StateError::File { .. })));
    assert!(matches!(preset.save(&folder.path().join("no/folder")), Err(StateError::File { .. })));
    std::fs::write(&path, [0xff, 0xfe, 0x00]).unwrap();
    assert!(matches!(Preset::load(&path), Err(StateError::File { .. })));
}
