//! A pack of kind `raw` that the test makes: what it plays, `heptode raw` with it, and what is refused of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use engine::decode::end_fade::{END_FADE_SAMPLES, fade_end};
use engine::decode::raw::{Generator, RawModel, SUMS, Wish, WishError};
use engine::pack::{FORMAT_VERSION, Pack, PackKind, Quantisation, RawEnvelopes, RawManifest, RawNetwork, RawPack};
use engine::sample;
use engine::state::{PackRef, Preset, PresetLabel, Prime, StateDocument};
use inputs::raw_network::{CLASSES, COURSES, FRAME, LENGTH, RATE_HZ, STATES, Tensors, WIDTH};
use tempfile::{TempDir, tempdir};

use super::run::{assert_refused, files_in, heptode, json, text};

/// The network with a mixture is told levels as well.
const ENVELOPES: RawEnvelopes = RawEnvelopes { frame_samples: FRAME, count: COURSES };

fn tensors(quantisation: Quantisation) -> Tensors {
    Tensors::network(quantisation == Quantisation::Mixture)
}

fn manifest(quantisation: Quantisation) -> RawManifest {
    RawManifest {
        format_version: FORMAT_VERSION,
        kind: PackKind::Raw,
        id: "raw-test".into(),
        name: "Raw test".into(),
        sample_rate_hz: RATE_HZ,
        length_samples: LENGTH,
        quantisation,
        network: RawNetwork::new([WIDTH; 3], [1; 3], STATES),
        envelopes: (quantisation == Quantisation::Mixture).then_some(ENVELOPES),
        sums: 0,
        classes: CLASSES.map(str::to_owned).into(),
        temperature: 1.0,
        keep: 0.99,
        files: BTreeMap::new(),
        licence: "MIT".into(),
        provenance: vec!["none".into()],
    }
}

fn pack(quantisation: Quantisation) -> RawPack {
    RawPack::assemble(manifest(quantisation), tensors(quantisation).file()).expect("a whole pack")
}

/// A pack whose network is told sums.
fn summing_pack(change: impl FnOnce(&mut Tensors)) -> RawPack {
    let mut tensors = tensors(Quantisation::MuLaw);
    tensors.affine("tilt", SUMS, WIDTH);
    change(&mut tensors);
    let manifest = RawManifest { sums: SUMS, ..manifest(Quantisation::MuLaw) };
    RawPack::assemble(manifest, tensors.file()).expect("a whole pack")
}

fn wish() -> Wish {
    Wish { class_weights: vec![1.0, 3.0], temperature: 1.0, keep: 0.99, seed: 4, prime: Vec::new(), with_prime: true }
}

fn made(model: &Arc<RawModel>, wish: &Wish, blocks: &[usize]) -> Vec<f32> {
    let mut generator = Generator::new(Arc::clone(model), wish).expect("a wish that is possible");
    let mut samples = Vec::new();
    for size in blocks {
        let start = samples.len();
        samples.resize(start + size, 0.0);
        generator.fill(&mut samples[start..]);
    }
    samples
}

/// A sound as the command writes it.
fn faded(mut samples: Vec<f32>) -> Vec<f32> {
    fade_end(&mut samples);
    samples
}

#[test]
fn samples_depend_on_the_wish_alone_not_on_the_blocks() {
    let prime: Vec<f32> = (0..50).map(|n| (n as f32 * 0.2).sin()).collect();
    let packs = [Quantisation::MuLaw, Quantisation::Linear, Quantisation::Mixture].map(pack);
    for pack in packs.into_iter().chain([summing_pack(|_| ())]) {
        let quantisation = pack.manifest().quantisation;
        let model = Arc::new(RawModel::load(&pack).expect("its own weights"));
        for prime in [Vec::new(), prime[..1].to_vec(), prime.clone()] {
            let wish = Wish { prime: prime.clone(), ..wish() };
            let whole = made(&model, &wish, &[300]);
            assert!(whole.iter().all(|sample| sample.abs() <= 1.0));
            for blocks in [vec![1; 300], vec![7, 64, 0, 129, 100], vec![299, 1]] {
                assert_eq!(made(&model, &wish, &blocks), whole, "{quantisation:?}, blocks {blocks:?}");
            }
            assert_eq!(&whole[..prime.len()], prime, "the prime's own samples, bit for bit");
            let after = Wish { with_prime: false, ..wish.clone() };
            assert_eq!(made(&model, &after, &[300 - prime.len()]), &whole[prime.len()..]);
            let scaled = Wish { class_weights: vec![2.0, 6.0], ..wish.clone() };
            assert_eq!(made(&model, &scaled, &[300]), whole, "weights are divided by their sum");
            for other in [
                Wish { seed: 5, ..wish.clone() },
                Wish { class_weights: vec![3.0, 1.0], ..wish.clone() },
                Wish { class_weights: Vec::new(), ..wish.clone() },
            ] {
                assert_ne!(made(&model, &other, &[300]), whole, "{quantisation:?}, {other:?}");
            }
        }
    }
}

#[test]
fn sums_take_an_offset_back() {
    /// Offset of full scale up to which a sound is as good as without one.
    const NONE: f32 = 0.01;
    /// Offset that the network has without them at the least.
    const CLEAR: f32 = 0.05;
    let offset = |pack: &RawPack| {
        let model = Arc::new(RawModel::load(pack).expect("its own weights"));
        let made = made(&model, &wish(), &[LENGTH]);
        made.iter().sum::<f32>() / LENGTH as f32
    };
    // A network that likes high levels, and a factor against the sum of all samples.
    let rising = |tensors: &mut Tensors| tensors.add("head.bias", &[256], |level, _| level as f32 / 64.0);
    let with_factor = |factor: f32| {
        summing_pack(|tensors| {
            rising(tensors);
            tensors.add("tilt.weight", &[SUMS, WIDTH], |_, _| 0.0);
            tensors.add("tilt.bias", &[SUMS], |_, _| factor);
        })
    };
    let (without, with) = (offset(&with_factor(0.0)), offset(&with_factor(-1.0)));
    assert!(without > CLEAR && with.abs() < NONE, "{without} without, {with} with");
}

#[test]
fn wishes_out_of_range_are_refused() {
    let model = Arc::new(RawModel::load(&pack(Quantisation::MuLaw)).expect("its own weights"));
    let refusal = |wish: Wish| Generator::new(Arc::clone(&model), &wish).expect_err("impossible");
    for temperature in [0.0, 10.0, f32::NAN] {
        assert!(matches!(refusal(Wish { temperature, ..wish() }), WishError::Temperature(_)));
    }
    assert_eq!(refusal(Wish { keep: 0.0, ..wish() }), WishError::Keep(0.0));
    for class_weights in [vec![0.0, 0.0], vec![-1.0, 2.0], vec![f32::NAN, 1.0], vec![f32::INFINITY, 1.0]] {
        assert_eq!(refusal(Wish { class_weights, ..wish() }), WishError::ClassWeights);
    }
    let too_many = refusal(Wish { class_weights: vec![1.0; 3], ..wish() });
    assert_eq!(too_many, WishError::ClassCount { found: 3, expected: 2 });
    assert_eq!(refusal(Wish { prime: vec![0.0, f32::NAN], ..wish() }), WishError::NotFinite(1));
    let long = refusal(Wish { prime: vec![0.1; LENGTH + 1], ..wish() });
    assert_eq!(long, WishError::LongPrime { found: LENGTH + 1, most: LENGTH });
}

#[test]
fn a_pack_whose_weights_are_not_those_of_its_manifest_is_refused_with_what_is_wrong() {
    let refusal = |change: &dyn Fn(&mut RawManifest, &mut Tensors)| {
        let (mut manifest, mut tensors) = (manifest(Quantisation::MuLaw), tensors(Quantisation::MuLaw));
        change(&mut manifest, &mut tensors);
        let loaded = RawPack::assemble(manifest, tensors.file()).and_then(|pack| RawModel::load(&pack));
        loaded.expect_err("damaged").to_string()
    };
    let network = |widths, blocks, states| {
        move |manifest: &mut RawManifest, _: &mut Tensors| {
            manifest.network = RawNetwork::new(widths, blocks, states);
        }
    };
    let layers = refusal(&network([WIDTH; 3], [1, 2, 1], STATES));
    assert!(layers.contains("they hold 3 state-space layers, and the manifest says 4"), "{layers}");
    assert!(refusal(&|manifest, _| manifest.network.layers = 2).contains("3, the sum of network.blocks"));
    assert!(refusal(&network([WIDTH, WIDTH, 64], [1; 3], STATES)).contains("expected F32"));
    assert!(refusal(&network([WIDTH; 3], [1; 3], 5)).contains("expected F32"));
    assert!(refusal(&network([40, 32, 32], [1; 3], STATES)).contains("multiples of 32"));
    assert!(refusal(&network([WIDTH; 3], [1, 2, 0], STATES)).contains("is missing"));
    assert!(refusal(&|manifest, _| manifest.quantisation = Quantisation::Mixture).contains("fine is missing"));
    assert!(refusal(&|manifest, _| manifest.sample_rate_hz = 0).contains("sample_rate_hz"));
    assert!(refusal(&|manifest, _| manifest.classes.push("snow".into())).contains("each name once"));
    assert!(refusal(&|manifest, _| drop(manifest.classes.pop())).contains("classes is"));
    assert!(refusal(&|_, tensors| tensors.add("extra", &[1], |_, _| 0.0)).contains("extra belongs to no network"));
    assert!(refusal(&|_, tensors| tensors.add("head.bias", &[256], |_, _| f32::NAN)).contains("not finite"));
    assert!(refusal(&|manifest, _| manifest.sums = SUMS).contains("tilt.weight is missing"));
    assert!(refusal(&|manifest, _| manifest.sums = 2).contains("0 or 3"));
    let mixed = |manifest: &mut RawManifest, _: &mut Tensors| {
        (manifest.quantisation, manifest.sums) = (Quantisation::Mixture, SUMS);
    };
    assert!(refusal(&mixed).contains("0 with the quantisation mixture"));
    let told = |frame_samples, class: f32| {
        let (mut manifest, mut tensors) = (manifest(Quantisation::Mixture), tensors(Quantisation::Mixture));
        manifest.envelopes = Some(RawEnvelopes { frame_samples, count: COURSES });
        tensors.add("envelope_classes", &[COURSES], |_, _| class);
        let loaded = RawPack::assemble(manifest, tensors.file()).and_then(|pack| RawModel::load(&pack));
        loaded.err().map_or_else(String::new, |error| error.to_string())
    };
    assert_eq!(told(FRAME, 1.0), "");
    assert!(told(FRAME + 1, 1.0).contains("a multiple of 16") && told(FRAME / 2, 1.0).contains("envelopes is"));
    assert!(told(FRAME, 2.0).contains("others than 0 to 1") && told(FRAME, 0.5).contains("others than 0 to 1"));
    let error = RawPack::assemble(manifest(Quantisation::MuLaw), vec![1; 100]).and_then(|pack| RawModel::load(&pack));
    assert!(error.expect_err("no weights").to_string().contains("safetensors"));
}

fn saved(folder: &TempDir) -> PathBuf {
    let path = folder.path().join("test.heptode");
    pack(Quantisation::MuLaw).save_archive(&path).expect("written");
    path
}

fn samples(path: &Path) -> Vec<f32> {
    hound::WavReader::open(path).expect("a file").into_samples().map(|sample| sample.expect("a sample")).collect()
}

fn joined<'a>(words: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [words, more].concat()
}

#[test]
fn the_command_writes_what_the_engine_makes_and_begins_with_the_prime() {
    let folder = tempdir().expect("a folder");
    let (pack_file, out, knock) = (saved(&folder), folder.path().join("out.wav"), folder.path().join("knock.wav"));
    // Whole steps of 16 bits, which are kept as they are.
    let own: Vec<f32> = (0..400).map(|n| (16_384.0 * (n as f32 * 0.3).cos()).round() / 32_768.0).collect();
    sample::write_wav(&knock, &own, 1, RATE_HZ).expect("written");
    let words = ["raw", "--pack", text(&pack_file), "--out", text(&out), "--seed", "4"];
    let told = json(&joined(&words, &["--class", "snow", "--seconds", "0.05"]));
    assert_eq!((told["samples"].as_u64(), told["rate_hz"].as_u64()), (Some(400), Some(8_000)));
    let model = Arc::new(RawModel::load(&pack(Quantisation::MuLaw)).expect("its own weights"));
    assert_eq!(samples(&out), faded(made(&model, &Wish { class_weights: vec![0.0, 1.0], ..wish() }, &[400])));
    json(&joined(&words, &["--weights", "1,3", "--temperature", "0.7", "--keep", "0.9"]));
    assert_eq!(samples(&out), faded(made(&model, &Wish { temperature: 0.7, keep: 0.9, ..wish() }, &[LENGTH])));
    let primed = joined(&words, &["--prime", text(&knock), "--prime-ms", "20", "--seconds", "0.1"]);
    assert_eq!(json(&primed)["prime_samples"], 160);
    let whole = samples(&out);
    assert_eq!((whole.len(), &whole[..160]), (800, &own[..160]));
    json(&[&primed[..], &["--after-prime"]].concat());
    assert_eq!(samples(&out)[..640 - END_FADE_SAMPLES], whole[160..800 - END_FADE_SAMPLES]);
    // One sample is a prime as well.
    assert_eq!(
        json(&joined(&words, &["--prime", text(&knock), "--prime-ms", "0.125", "--seconds", "0.04"]))["prime_samples"],
        1
    );
    assert_eq!(samples(&out)[0], own[0]);
}

#[test]
fn what_cannot_be_is_refused_with_one_line_and_no_file() {
    let folder = tempdir().expect("a folder");
    let pack_file = saved(&folder);
    let put = |name: &str, samples: &[f32], rate_hz: u32| {
        let path = folder.path().join(name);
        sample::write_wav(&path, samples, 1, rate_hz).expect("written");
        text(&path).to_owned()
    };
    let tone: Vec<f32> = (0..4_000).map(|n| (n as f32 * 0.1).sin()).collect();
    let late: Vec<f32> = (0..4_000).map(|n| if n < 2_000 { 0.0 } else { 0.5 }).collect();
    let other = put("other.wav", &tone, 11_025);
    let tone = put("tone.wav", &tone, RATE_HZ);
    let (short, silent) = (put("short.wav", &[0.5; 80], RATE_HZ), put("silent.wav", &[0.0; 4_000], RATE_HZ));
    let (late, nan) = (put("late.wav", &late, RATE_HZ), put("nan.wav", &[0.5, f32::NAN, 0.5], RATE_HZ));
    let outs = tempdir().expect("a folder");
    let out = outs.path().join("out.wav");
    let words = ["raw", "--pack", text(&pack_file), "--out", text(&out)];
    let primed = |file: &str, ms: &str| ["--prime", file, "--prime-ms", ms].map(str::to_owned).to_vec();
    let plain = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let cases = [
        (2, plain(&["--temperature", "0"]), "0.1 to 2"),
        (2, plain(&["--temperature", "10"]), "0.1 to 2"),
        (2, plain(&["--keep", "0.2"]), "0.5 to 1"),
        (2, plain(&["--class", "mud"]), "the pack has Gravel, Snow"),
        (2, plain(&["--weights", "1,2,3"]), "3 class weights, and the pack has 2 classes"),
        (2, plain(&["--weights", "0,0"]), "not all 0"),
        (2, plain(&["--weights", "1,nan"]), "0 to 1000"),
        (2, plain(&["--class", "snow", "--weights", "1,1"]), "cannot be used with"),
        (2, plain(&["--seconds", "0"]), "0.01 to 600"),
        (2, plain(&["--prime-ms", "20"]), "--prime"),
        (2, primed(&tone, "0"), "0.125 ms, which is one sample, to 200 ms"),
        (2, primed(&tone, "201"), "0.125 ms, which is one sample, to 200 ms"),
        (1, primed(&silent, "20"), "silent"),
        (1, primed(&late, "20"), "the first 20 ms"),
        (1, primed(&nan, "20"), "not a finite number"),
        (1, primed(&short, "20"), "lasts 10.0 ms, and 20 ms of it are asked for"),
        (1, primed("gone.wav", "20"), "gone.wav"),
    ];
    for (code, more, part) in &cases {
        let more: Vec<&str> = more.iter().map(String::as_str).collect();
        assert_refused(&heptode(&[&words[..], &more].concat()), *code, part);
        assert_eq!(files_in(outs.path()), 0, "{more:?} left a file");
    }
    let converted = json(&[&words[..], &["--prime", &other]].concat());
    assert!(converted["notes"].to_string().contains("from 11025 to 8000 Hz"), "{converted}");
    assert_eq!(converted["prime_samples"], 160);
    std::fs::remove_file(&out).expect("there");
    // A pack of another kind, and this one where recordings are to be placed.
    let factory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/factory");
    let latent = ["raw", "--out", text(&out), "--pack", text(&factory)];
    assert_refused(&heptode(&latent), 1, "the pack is of kind latent");
    assert_refused(&heptode(&["encode", &tone, "--pack", text(&pack_file)]), 1, "kind raw, which has no latent space");
    let walk = ["walk", "--floor", "gravel", "--out", text(&out), "--pack", text(&pack_file)];
    assert_refused(&heptode(&walk), 1, "kind raw, which has no latent space");
    assert!(Pack::open(&pack_file).is_err() && files_in(outs.path()) == 0);
}

/// Largest difference between samples that the synth plays at the pack's rate and key and those of the command.
const PLAYED_TOLERANCE: f32 = 1e-4;

#[test]
fn a_preset_with_a_prime_plays_what_the_command_makes_of_the_recording() {
    const KNOCK_HZ: u32 = 11_025;
    let folder = tempdir().expect("a folder");
    let [out, played, knock, file] =
        ["out.wav", "played.wav", "knock.wav", "own.heptode-preset"].map(|name| folder.path().join(name));
    let pack_file = saved(&folder);
    let own: Vec<f32> = (0..4_000).map(|n| 0.5 * (n as f32 * 0.3).cos()).collect();
    sample::write_wav(&knock, &own, 1, KNOCK_HZ).expect("written");
    let params = [("z1", 1.0), ("z2", 3.0), ("width", 0.0), ("gain", 0.0)].map(|(id, value)| (id.to_owned(), value));
    let plain = StateDocument::new(params.into(), PackRef::new("raw-test", "00"), Default::default());
    let mut sounds: Vec<Vec<f32>> = Vec::new();
    for (length_ms, keep) in [(20.0, true), (20.0, false), (150.0, true)] {
        let mut prime = Prime::of_recording("knock.wav", &own, KNOCK_HZ, length_ms).expect("a recording");
        prime.keep = keep;
        let document = StateDocument { prime: Some(prime), ..plain.clone() };
        Preset { label: PresetLabel::new("Own"), document }.save(&file).expect("written");
        let length = length_ms.to_string();
        let mut made = vec!["raw", "--pack", text(&pack_file), "--out", text(&out), "--seed", "0", "--weights", "1,3"];
        made.extend(["--prime", text(&knock), "--prime-ms", &length]);
        made.extend((!keep).then_some("--after-prime"));
        json(&made);
        let pack = ["--pack", text(&pack_file)];
        let render = ["render", "--preset", text(&file), "--out", text(&played), "--rate", "8000"];
        json(&joined(&render, &pack));
        let (made, played) = (samples(&out), samples(&played));
        let left: Vec<f32> = played.into_iter().step_by(2).collect();
        assert!(left.len() >= LENGTH, "{length_ms} ms: {} samples", left.len());
        let furthest = made.iter().zip(&left).map(|(made, played)| (made - played).abs()).fold(0.0, f32::max);
        assert!(furthest < PLAYED_TOLERANCE, "{length_ms} ms, kept: {keep}: {furthest}");
        assert!(!sounds.contains(&made) && made.iter().any(|sample| sample.abs() > 0.1));
        sounds.push(made);
    }
}

#[test]
fn the_instrument_plays_what_the_command_makes() {
    let folder = tempdir().expect("a folder");
    let (pack_file, out, played) = (saved(&folder), folder.path().join("out.wav"), folder.path().join("played.wav"));
    let made = ["raw", "--pack", text(&pack_file), "--out", text(&out), "--seed", "0", "--weights"];
    let render = ["render", "--pack", text(&pack_file), "--out", text(&played), "--rate", "8000"];
    let both = |weights: &str, point: [&str; 2]| {
        json(&joined(&made, &[weights]));
        json(&joined(&render, &point));
        (samples(&out), samples(&played))
    };
    for (weights, point) in [
        ("1,3", ["--latent", "1,3,0,0,0,0,0"]),
        ("0,1", ["--sound", "snow"]),
        ("2,0", ["--latent", "2,-1,3,3,3,3,3"]),
        ("1,1", ["--latent", "-1,-1,0,0,0,0,0"]),
    ] {
        let (made, played) = both(weights, point);
        assert!(played.len() >= LENGTH, "{weights}: {} samples", played.len());
        let pairs = || made.iter().zip(&played).take(LENGTH);
        let furthest = pairs().map(|(made, played)| (made - played).abs()).fold(0.0, f32::max);
        assert!(furthest < PLAYED_TOLERANCE, "{weights}: {furthest}");
        assert!(pairs().any(|(made, _)| made.abs() > 0.1), "{weights}: silent");
    }
    let stretched = json(&joined(&render, &["--stretch", "2"]));
    assert!(stretched["notes"].to_string().contains("do not change"), "{stretched}");
    assert_eq!(samples(&played).len(), json(&render)["samples"].as_u64().expect("a number") as usize);
    let info = json(&["info", "--pack", text(&pack_file)]);
    assert_eq!((info["pack"]["kind"].as_str(), info["seconds"].as_f64()), (Some("raw"), Some(0.2)));
    assert_eq!(info["latents"].as_array().map(Vec::len), Some(7));
    assert_eq!(info["sounds"].as_array().map(Vec::len), Some(2));
}
