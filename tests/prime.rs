//! Laws of primes: the sounds of a pack of kind `raw` go on from the beginning of a recording, in the instrument as in the network itself.

use std::sync::Arc;

use engine::audio::Event;
use engine::decode::Pool;
use engine::decode::assets::{AssetTable, Recorded};
use engine::decode::end_fade::fade_end;
use engine::decode::load::load;
use engine::decode::raw::{Generator, PrimeError, PrimeRoom, RawModel, Wish};
use engine::decode::source::{Source, SourceError};
use engine::decode::whole::WholeSound;
use engine::instrument::create_with_source;
use engine::link::{BLOCK_SAMPLES, SoundSpec, SourceId};
use engine::params::{Controls, VariationControls};
use engine::scene;
use engine::state::{PRIME_MS, PackRef, Prime, StateDocument, StateError};
use inputs::raw_network::RATE_HZ;
use serde_json::{Value, json};
use support::raw::raw_pack;
use support::script::{all_sound_off, on, point};
use support::wait::wait_until;

/// Length of the pack's sounds: two blocks and a part of one, 524.5 ms.
const LENGTH: usize = 2 * BLOCK_SAMPLES + 100;
const SEED: u64 = 9;
const CONTROLS: [f32; 7] = [1.0, 3.0, 0.0, 0.0, 0.0, 0.0, 0.0];
const ROOM: PrimeRoom = PrimeRoom { rate_hz: RATE_HZ, longest_samples: LENGTH };
/// Steps of a 16-bit sample in full scale: such samples are kept as they are.
const STEPS: f32 = 32_768.0;

/// A decaying tone of `length_s` in whole steps of 16 bits.
fn knock(rate_hz: u32, length_s: f32) -> Vec<f32> {
    let sample = |n: usize| {
        let time_s = n as f32 / rate_hz as f32;
        0.6 * (-9.0 * time_s).exp() * (std::f32::consts::TAU * 310.0 * time_s).cos()
    };
    (0..(length_s * rate_hz as f32) as usize).map(|n| (sample(n) * STEPS).round() / STEPS).collect()
}

fn prime(samples: &[f32], rate_hz: u32, length_ms: f32, keep: bool) -> Prime {
    let mut prime = Prime::of_recording("knock.wav", samples, rate_hz, length_ms).expect("a recording");
    prime.keep = keep;
    prime
}

fn source() -> Arc<dyn Source> {
    load(&raw_pack(LENGTH).into()).expect("its own weights").source()
}

fn document(prime: Option<Prime>) -> StateDocument {
    let params = CONTROLS.iter().enumerate().map(|(axis, sigma)| (format!("z{}", axis + 1), *sigma)).collect();
    let mut document = StateDocument::new(params, PackRef::new("raw-test", "00"), Default::default());
    (document.prime, document.seed) = (prime, SEED);
    document
}

fn spec(document: &StateDocument, table: &AssetTable) -> SoundSpec {
    scene::controls(document, None, table).spec(SourceId(0), 60.0)
}

/// What the instrument plays for a document.
fn played_by(source: &dyn Source, document: &StateDocument) -> Result<Vec<f32>, SourceError> {
    let table = AssetTable::default();
    let spec = spec(document, &table);
    let whole = WholeSound::make(source, &spec, table.resolve(&spec.assets).expect("it is there"))?;
    Ok(whole.channels[0].clone())
}

fn played(prime: Option<Prime>) -> Result<Vec<f32>, SourceError> {
    played_by(&*source(), &document(prime))
}

/// What the network makes of a wish, faded out as the instrument plays it.
fn wished(prime: Vec<f32>, with_prime: bool) -> Vec<f32> {
    let model = Arc::new(RawModel::load(&raw_pack(LENGTH)).expect("its own weights"));
    let wish = Wish { class_weights: vec![1.0, 3.0], temperature: 1.0, keep: 0.99, seed: SEED, prime, with_prime };
    let mut samples = vec![0.0; LENGTH];
    Generator::new(model, &wish).expect("possible").fill(&mut samples);
    fade_end(&mut samples);
    samples
}

#[test]
fn the_instrument_plays_what_the_network_makes_of_the_recording_to_the_last_sample() {
    let plain = played(None).expect("it plays");
    assert!(plain == wished(Vec::new(), true), "without a prime nothing changes");
    let own = knock(RATE_HZ, 0.6);
    for length_ms in [1.0, 20.0, 57.3, 300.0, 524.5] {
        let count = (length_ms * RATE_HZ as f32 / 1000.0).round() as usize;
        let wanted = own[..count].to_vec();
        let kept = played(Some(prime(&own, RATE_HZ, length_ms, true))).expect("it plays");
        assert!(kept == wished(wanted.clone(), true), "{length_ms} ms, kept");
        let unfaded = count.min(LENGTH - 256);
        assert_eq!(kept[..unfaded], own[..unfaded], "it begins with the recording's own samples");
        let after = played(Some(prime(&own, RATE_HZ, length_ms, false))).expect("it plays");
        assert!(after == wished(wanted, false), "{length_ms} ms, not kept");
        assert!(after != kept && after != plain && kept != plain);
    }
    // Without the jump at its beginning, which no rate below the recording's can hold.
    let swelling = |rate_hz: u32| -> Vec<f32> {
        let swell = |n: usize| (n as f32 * 100.0 / rate_hz as f32).min(1.0);
        knock(rate_hz, 0.6).iter().enumerate().map(|(n, sample)| swell(n) * sample).collect()
    };
    let own = swelling(RATE_HZ);
    for rate_hz in [11_025, 44_100, 48_000, 96_000, 192_000] {
        let prime = prime(&swelling(rate_hz), rate_hz, 40.0, true);
        let samples = ROOM.samples(&prime).expect("a prime");
        let near = samples.iter().zip(&own).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(samples.len() == 320 && near < 0.02, "{rate_hz} Hz: {} samples, {near} away", samples.len());
        assert!(played(Some(prime)).expect("it plays") == wished(samples, true), "{rate_hz} Hz");
    }
}

#[test]
fn a_sound_depends_on_what_is_used_of_the_recording_alone() {
    for rate_hz in [RATE_HZ, 44_100] {
        let long = knock(rate_hz, 3.0);
        let sound = |samples: &[f32]| played(Some(prime(samples, rate_hz, 20.0, true))).expect("it plays");
        let first = sound(&long);
        let most = long.len().min(2 * rate_hz as usize);
        assert!(sound(&long[..most]) == first, "{rate_hz} Hz: what is beyond the first second is not kept");
        let mut other = long.clone();
        other[rate_hz as usize / 2..].fill(0.25);
        assert!(sound(&other) == first, "{rate_hz} Hz: what is beyond the length is not heard");
    }
}

#[test]
fn a_saved_prime_sounds_as_before_and_a_document_without_one_is_written_as_before() {
    let source = source();
    let mut made = prime(&knock(44_100, 0.4), 44_100, 33.5, false);
    made.name = "knock “1”.wav".to_owned();
    let first = document(Some(made));
    let text = first.to_json();
    let back = StateDocument::parse(&text).expect("what is written can be read");
    assert_eq!(back, first);
    assert_eq!(back.to_json(), text);
    assert!(played_by(&*source, &back).expect("it plays") == played_by(&*self::source(), &first).expect("it plays"));
    assert!(!document(None).to_json().contains("prime"), "without one there is no entry");
    let later = edited(&first, |prime| prime["of a later version"] = 7.into()).expect("it is kept");
    assert!(later.to_json().contains(r#""of a later version":7"#));
    let plain = edited(&first, |prime| drop(prime.as_object_mut().expect("an object").remove("keep")));
    assert!(plain.expect("it loads").prime.is_some_and(|prime| prime.keep), "where nothing is said, it is kept");
}

/// A document whose prime was changed in the text.
fn edited(document: &StateDocument, edit: impl FnOnce(&mut Value)) -> Result<StateDocument, StateError> {
    let mut value: Value = serde_json::from_str(&document.to_json()).expect("JSON");
    edit(&mut value["prime"]);
    StateDocument::parse(&value.to_string())
}

#[test]
fn bad_values_of_a_document_are_brought_in_or_refused_in_one_line() {
    let first = document(Some(prime(&knock(RATE_HZ, 0.5), RATE_HZ, 20.0, true)));
    for (length_ms, wanted) in [(-5.0, *PRIME_MS.start()), (0.2, 1.0), (5_000.0, *PRIME_MS.end())] {
        let limited = edited(&first, |prime| prime["length_ms"] = length_ms.into()).expect("brought in");
        assert_eq!(limited.prime.map(|prime| prime.length_ms), Some(wanted));
    }
    let none = edited(&first, |prime| *prime = Value::Null).expect("none is none");
    assert_eq!(none.prime, None);
    type Change = fn(&mut Value);
    let cases: [(Change, &str); 6] = [
        (
            |prime| prime["length_ms"] = serde_json::from_str("1e39").expect("a number"),
            "the length of the prime is not",
        ),
        (|prime| prime["length_ms"] = "long".into(), "damaged"),
        (|prime| prime["audio"]["sample_rate_hz"] = 3.into(), "the prime is damaged: its sample rate is 3 Hz"),
        (|prime| prime["audio"]["scale"] = 0.5.into(), "the prime is damaged: its scale"),
        (|prime| prime["audio"] = Value::Null, "damaged"),
        (|prime| *prime = json!(7), "damaged"),
    ];
    for (change, part) in cases {
        let text = edited(&first, change).expect_err("it is refused").to_string();
        assert!(text.contains(part) && text.lines().count() == 1, "{text}");
    }
    let rotten = edited(&first, |prime| prime["audio"]["flac_base64"] = "AAAA".into()).expect("seen when it is needed");
    let text = played_by(&*source(), &rotten).expect_err("there is no sound").to_string();
    assert!(text.contains("the prime is damaged") && text.lines().count() == 1, "{text}");
    let mut endless = first;
    endless.prime.iter_mut().for_each(|prime| prime.length_ms = f32::NAN);
    assert_eq!(StateDocument::parse(&endless.to_json()).expect("what is written can be read").prime, None);
}

#[test]
fn what_cannot_be_gone_on_from_is_told_in_one_line() {
    let refused = |samples: &[f32], length_ms: f32| {
        let text = played(Some(prime(samples, RATE_HZ, length_ms, true))).expect_err("there is no sound").to_string();
        assert!(text.lines().count() == 1, "{text}");
        text
    };
    let own = knock(RATE_HZ, 1.2);
    assert!(
        refused(&own, 600.0).contains("a prime of 600 ms: this pack takes 0.125 ms, which is one sample, to 524.5 ms")
    );
    assert!(refused(&own, 0.01).contains("which is one sample"));
    assert!(refused(&own[..80], 20.0).contains("knock.wav lasts 10.0 ms, and 20 ms of it are asked for"));
    let late: Vec<f32> = (0..4_000).map(|n| if n < 2_000 { 0.0 } else { 0.5 }).collect();
    assert!(refused(&late, 20.0).contains("the first 20 ms of knock.wav are silent"));
    assert!(matches!(ROOM.count(f32::NAN), Err(PrimeError::Length { .. })));
    for strange in [&[][..], &[0.5, f32::NAN][..], &[0.5, f32::INFINITY][..]] {
        assert!(matches!(Prime::of_recording("a", strange, RATE_HZ, 20.0), Err(StateError::Prime(_))), "{strange:?}");
    }
}

#[test]
fn a_prime_keeps_its_id_and_a_request_without_its_asset_is_refused() {
    let (table, none) = (AssetTable::default(), Recorded::Residuals(&[]));
    let own = knock(RATE_HZ, 0.5);
    let set = |prime: Option<&Prime>| table.set([none; 5], prime, [0.0; 7]);
    let first = set(Some(&prime(&own, RATE_HZ, 20.0, true)));
    assert_eq!(set(Some(&prime(&own, RATE_HZ, 20.0, true))), first, "an equal prime keeps its id");
    let others =
        [prime(&own, RATE_HZ, 21.0, true), prime(&own, RATE_HZ, 20.0, false), prime(&own[9..], RATE_HZ, 20.0, true)];
    let ids = others.each_ref().map(|other| set(Some(other)).prime);
    assert!(!ids.contains(&first.prime) && ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2]);
    assert!(set(None).prime.is_none());
    let specs = [first.prime, ids[0]].map(|prime| {
        let mut controls = Controls::default();
        controls.assets.prime = prime;
        controls.spec(SourceId(0), 60.0)
    });
    assert!(!specs[0].is_near(&specs[1]) && specs[0].is_near(&specs[0]));
    let without = WholeSound::make(&*source(), &specs[0], Default::default());
    assert_eq!(without, Err(SourceError::AssetMissing));
}

#[test]
fn packs_of_other_kinds_ignore_it() {
    let source = load(&support::foley::pack().into()).expect("its own files").source();
    let primed = document(Some(prime(&knock(RATE_HZ, 0.5), RATE_HZ, 20.0, true)));
    let sound = |document: &StateDocument| played_by(&*source, document).expect("it plays");
    assert!(sound(&primed) == sound(&document(None)));
}

#[test]
fn another_prime_has_what_was_made_ahead_made_anew_and_every_hit_begins_with_it() {
    const AHEAD: u64 = 4;
    let (pool, table) = (Pool::new(1).expect("threads"), Arc::<AssetTable>::default());
    let (mut synth, instance) = create_with_source(&pool, source(), Arc::clone(&table));
    synth.set_sample_rate(RATE_HZ as f32);
    let none = Recorded::Residuals(&[]);
    let own = knock(RATE_HZ, 0.5);
    let primes = [None, Some(prime(&own, RATE_HZ, 20.0, true)), Some(prime(&own, RATE_HZ, 60.0, false))];
    let (mut left, mut right) = ([0.0; 64], [0.0; 64]);
    for (turn, prime) in primes.iter().enumerate() {
        let assets = table.set([none; 5], prime.as_ref(), [0.0; 7]);
        let variation = VariationControls { amount: 0.35, count: AHEAD as f32, order: 1.0 };
        let controls = Controls { variation, seed: 5, assets, ..point(1.0) };
        let mut play = |events: &[Event]| {
            synth.render(events, &controls, &mut left, &mut right);
            left
        };
        let wanted = AHEAD * (turn as u64 + 1);
        wait_until("the sound and its three variations are made", || {
            play(&[]);
            instance.status().decodes >= wanted
        });
        for _ in 0..200 {
            play(&[]);
        }
        let hits: Vec<[f32; 64]> = (0..4)
            .map(|_| {
                let heard = play(&[Event { offset: 0, kind: on(60, 1.0) }]);
                play(&[Event { offset: 0, kind: all_sound_off() }]);
                for _ in 0..40 {
                    play(&[]);
                }
                heard
            })
            .collect();
        let is_kept = prime.as_ref().is_some_and(|prime| prime.keep);
        assert_eq!(
            hits.iter().all(|hit| *hit == hits[0]),
            is_kept,
            "turn {turn}: hits begin alike with the prime alone"
        );
        let status = instance.status();
        assert_eq!((status.failed, status.decodes), (None, wanted), "turn {turn}");
    }
}
