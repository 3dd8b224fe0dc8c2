//! A pack of kind `foley` that the test makes, with the factory's vocoder: what it gives, `heptode foley` with it, and what is refused of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use engine::decode::end_fade::fade_end;
use engine::decode::foley::{Clip, ClipWish, FoleyModel, Run};
use engine::decode::raw::WishError;
use engine::pack::{FoleyManifest, FoleyPack, Pack};
use tempfile::{TempDir, tempdir};

use super::foley::{BLOCKS, CODES, LEVELS, STEPS, WIDTH, files, manifest, pack, tensors};
use super::run::{assert_refused, files_in, heptode, json, text};
use inputs::raw_network::Tensors;

const HEAD: usize = 32;
const SECONDS: f32 = 0.5;
/// Largest difference of scores between the engine's arithmetic in 32 bits and the test's in 64.
const SCORE_TOLERANCE: f64 = 1e-4;

fn factory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/factory")
}

fn model() -> Arc<FoleyModel> {
    Arc::new(FoleyModel::load(&pack()).expect("its own weights"))
}

fn wish() -> ClipWish {
    ClipWish { class_weights: vec![1.0, 3.0], temperature: 1.0, keep: 0.95, guidance: 1.5, seed: 4, seconds: SECONDS }
}

/// Codes and samples of a clip.
fn made(model: &Arc<FoleyModel>, wish: &ClipWish) -> (Vec<usize>, Vec<f32>) {
    let mut clip = Clip::new(Arc::clone(model), wish).expect("possible");
    let mut before = 0.0;
    loop {
        let samples = clip.advance().expect("it runs");
        let progress = clip.progress();
        assert!((before..=1.0).contains(&progress), "{progress} after {before}");
        before = progress;
        if let Some(samples) = samples {
            return (clip.codes().to_vec(), samples);
        }
    }
}

/// The transformer over a whole sequence at once, from its definition, in 64 bits.
struct Whole<'a>(&'a Tensors);

impl Whole<'_> {
    fn values(&self, name: &str) -> Vec<f64> {
        let bytes = &self.0.all[name].1;
        bytes.as_chunks::<4>().0.iter().map(|bytes| f64::from(f32::from_le_bytes(*bytes))).collect()
    }

    fn norm(&self, name: &str, x: &[f64]) -> Vec<f64> {
        let (gain, bias) = (self.values(&format!("{name}.gain")), self.values(&format!("{name}.bias")));
        let mean = x.iter().sum::<f64>() / x.len() as f64;
        let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / x.len() as f64;
        let each = x.iter().zip(gain.iter().zip(&bias));
        each.map(|(x, (gain, bias))| (x - mean) / (variance + 1e-5).sqrt() * gain + bias).collect()
    }

    fn affine(&self, name: &str, x: &[f64]) -> Vec<f64> {
        let (weight, bias) = (self.values(&format!("{name}.weight")), self.values(&format!("{name}.bias")));
        let product = |row: &[f64]| row.iter().zip(x).map(|(a, b)| a * b).sum::<f64>();
        weight.chunks_exact(x.len()).zip(&bias).map(|(row, bias)| product(row) + bias).collect()
    }

    fn scores(&self, heard: &[[Option<usize>; LEVELS]], shares: &[f64]) -> Vec<Vec<f64>> {
        let (embedding, steps, classes) = (self.values("embedding"), self.values("steps"), self.values("classes"));
        let mut x: Vec<Vec<f64>> = (0..heard.len())
            .map(|step| {
                let mut sum = steps[step * WIDTH..][..WIDTH].to_vec();
                let mut add = |row: &[f64], part: f64| sum.iter_mut().zip(row).for_each(|(x, row)| *x += part * row);
                for (level, code) in heard[step].iter().enumerate() {
                    add(&embedding[(level * (CODES + 1) + code.unwrap_or(CODES)) * WIDTH..][..WIDTH], 1.0);
                }
                shares.iter().enumerate().for_each(|(class, part)| add(&classes[class * WIDTH..][..WIDTH], *part));
                sum
            })
            .collect();
        for block in 0..BLOCKS {
            let place = |part: &str| format!("block{block}.{part}");
            let asked: Vec<Vec<f64>> =
                x.iter().map(|x| self.affine(&place("attend"), &self.norm(&place("norm"), x))).collect();
            for (step, x) in x.iter_mut().enumerate() {
                let attended: Vec<f64> = (0..WIDTH / HEAD).flat_map(|head| attention(&asked[..=step], head)).collect();
                x.iter_mut().zip(self.affine(&place("gather"), &attended)).for_each(|(x, more)| *x += more);
                let wide = self.affine(&place("widen"), &self.norm(&place("feed_norm"), x));
                let active: Vec<f64> = wide
                    .iter()
                    .map(|x| 0.5 * x * (1.0 + (0.797_884_560_8 * (x + 0.044_715 * x.powi(3))).tanh()))
                    .collect();
                x.iter_mut().zip(self.affine(&place("narrow"), &active)).for_each(|(x, more)| *x += more);
            }
        }
        x.iter().map(|x| self.affine("head", &self.norm("norm", x))).collect()
    }
}

/// What the last step of `asked`, which holds queries, keys and values, attends to in one head.
fn attention(asked: &[Vec<f64>], head: usize) -> Vec<f64> {
    let part = |step: &[f64], which: usize| step[which * WIDTH + head * HEAD..][..HEAD].to_vec();
    let query = part(&asked[asked.len() - 1], 0);
    let product = |key: Vec<f64>| query.iter().zip(&key).map(|(a, b)| a * b).sum::<f64>() / (HEAD as f64).sqrt();
    let powers: Vec<f64> = asked.iter().map(|step| product(part(step, 1)).exp()).collect();
    let sum: f64 = powers.iter().sum();
    let value = |lane: usize| asked.iter().zip(&powers).map(|(step, power)| part(step, 2)[lane] * power / sum).sum();
    (0..HEAD).map(value).collect()
}

#[test]
fn kept_keys_and_values_give_the_scores_of_the_whole_sequence() {
    let (tensors, model) = (tensors(), model());
    let heard: Vec<[Option<usize>; LEVELS]> = (0..STEPS)
        .map(|step| std::array::from_fn(|level| (step > level).then_some((7 * step + 5 * level) % CODES)))
        .collect();
    let wanted = Whole(&tensors).scores(&heard, &[0.25, 0.75, 0.0]);
    let mut run = Run::new(model, &[0.25, 0.75]);
    for (step, (heard, wanted)) in heard.iter().zip(&wanted).enumerate() {
        assert!(!run.is_done());
        let scores = run.step(heard);
        let difference = scores.iter().zip(wanted).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max);
        assert!(scores.len() == wanted.len() && difference < SCORE_TOLERANCE, "step {step}: {difference:.1e}");
    }
    assert!(run.is_done());
}

#[test]
fn a_clip_depends_on_its_wish_alone() {
    let model = model();
    let (codes, samples) = made(&model, &wish());
    // Half a second lies in 11 positions, which 4 follow.
    assert_eq!((codes.len(), samples.len()), (15 * LEVELS, (SECONDS * 44_100.0) as usize));
    assert!(samples.iter().all(|sample| sample.is_finite()) && samples.iter().any(|sample| sample.abs() > 0.01));
    assert_eq!(made(&model, &wish()), (codes.clone(), samples), "the same wish");
    let scaled = ClipWish { class_weights: vec![2.0, 6.0, 0.0], ..wish() };
    assert_eq!(made(&model, &scaled).0, codes, "weights are divided by their sum");
    let (beginning, short) = made(&model, &ClipWish { seconds: 0.1, ..wish() });
    assert_eq!((&codes[..beginning.len()], short.len()), (&beginning[..], 4_410), "a shorter clip begins alike");
    for other in [
        ClipWish { seed: 5, ..wish() },
        ClipWish { class_weights: vec![3.0, 1.0], ..wish() },
        ClipWish { class_weights: Vec::new(), ..wish() },
        ClipWish { guidance: 1.0, ..wish() },
        ClipWish { temperature: 2.0, ..wish() },
    ] {
        assert_ne!(made(&model, &other).0, codes, "{other:?}");
    }
}

#[test]
fn the_spread_of_frames_changes_samples_and_no_codes() {
    let with = |spread: Option<f32>| {
        let pack =
            FoleyPack::assemble(FoleyManifest { spread, ..manifest() }, files(&tensors())).expect("a whole pack");
        made(&Arc::new(FoleyModel::load(&pack).expect("its own weights")), &wish())
    };
    let [none, whole] = [Some(0.0), Some(1.0)].map(with);
    assert_eq!(whole.0, none.0);
    assert_ne!(whole.1, none.1);
    assert_eq!(whole, made(&model(), &wish()));
}

#[test]
fn wishes_out_of_range_are_refused() {
    let model = model();
    let refusal = |wish: ClipWish| Clip::new(Arc::clone(&model), &wish).err().expect("impossible");
    for temperature in [0.0, 10.0, f32::NAN] {
        assert!(matches!(refusal(ClipWish { temperature, ..wish() }), WishError::Temperature(_)));
    }
    assert_eq!(refusal(ClipWish { keep: 0.0, ..wish() }), WishError::Keep(0.0));
    assert_eq!(refusal(ClipWish { guidance: -1.0, ..wish() }), WishError::Guidance(-1.0));
    for class_weights in [vec![0.0, 0.0], vec![-1.0, 2.0], vec![f32::NAN, 1.0], vec![f32::INFINITY, 1.0]] {
        assert_eq!(refusal(ClipWish { class_weights, ..wish() }), WishError::ClassWeights);
    }
    let too_many = refusal(ClipWish { class_weights: vec![1.0; 4], ..wish() });
    assert_eq!(too_many, WishError::ClassCount { found: 4, expected: 3 });
    for seconds in [0.0, 3.0, f32::NAN] {
        assert!(refusal(ClipWish { seconds, ..wish() }).to_string().contains("is outside 0.05 to 0.743"));
    }
}

#[test]
fn a_pack_whose_files_are_not_those_of_its_manifest_is_refused_with_what_is_wrong() {
    let refusal = |change: &dyn Fn(&mut FoleyManifest, &mut Tensors)| {
        let (mut manifest, mut tensors) = (manifest(), tensors());
        change(&mut manifest, &mut tensors);
        match FoleyPack::assemble(manifest, files(&tensors)) {
            Ok(pack) => FoleyModel::load(&pack).expect_err("damaged").to_string(),
            Err(error) => error.to_string(),
        }
    };
    assert!(refusal(&|manifest, _| manifest.network.width = 48).contains("a multiple of 32"));
    assert!(refusal(&|manifest, _| manifest.network.width = 96).contains("expected F32"));
    assert!(refusal(&|manifest, _| manifest.network.blocks = 3).contains("is missing"));
    assert!(refusal(&|manifest, _| manifest.network.blocks = 1).contains("belongs to no network"));
    assert!(refusal(&|manifest, _| manifest.network.levels = 0).contains("network.levels"));
    assert!(refusal(&|manifest, _| manifest.network.frames_of_position = 5).contains("a multiple of 5"));
    assert!(refusal(&|manifest, _| manifest.network.frames_of_position = 0).contains("frames_of_position"));
    assert!(refusal(&|manifest, _| manifest.shape.mel_bands = 64).contains("decoder.onnx"));
    assert!(refusal(&|manifest, _| manifest.vocoder.chunk_frames = 100).contains("vocoder.onnx"));
    assert!(refusal(&|manifest, _| manifest.classes.clear()).contains("1 to 7 classes"));
    assert!(refusal(&|manifest, _| manifest.classes.push("RAIN".into())).contains("each name once"));
    assert!(refusal(&|manifest, _| manifest.guidance = 11.0).contains("guidance"));
    assert!(refusal(&|manifest, _| manifest.spread = Some(3.0)).contains("spread"));
    assert!(refusal(&|manifest, _| manifest.spread = None).contains("outputs are frames"));
    assert!(refusal(&|_, tensors| tensors.add("head.bias", &[96], |_, _| f32::NAN)).contains("not finite"));
    let other =
        FoleyPack::assemble(manifest(), [tensors().file(), vec![1; 100], vec![1; 100]]).expect("not loaded yet");
    assert!(FoleyModel::load(&other).expect_err("no graph").to_string().contains("decoder.onnx"));
}

fn saved(folder: &TempDir) -> PathBuf {
    let path = folder.path().join("test.heptode");
    pack().save_archive(&path).expect("written");
    path
}

fn samples(path: &Path) -> Vec<f32> {
    hound::WavReader::open(path).expect("a file").into_samples().map(|sample| sample.expect("a sample")).collect()
}

#[test]
fn the_command_writes_what_the_engine_makes_one_seed_after_the_other() {
    let folder = tempdir().expect("a folder");
    let (pack_file, out) = (saved(&folder), folder.path().join("out"));
    let words = ["foley", "--pack", text(&pack_file), "--out", text(&out), "--seconds", "0.5"];
    let told = json(&[&words[..], &["--weights", "1,3", "--count", "2", "--seed", "4"]].concat());
    assert_eq!((told["files"][1]["seed"].as_u64(), told["rate_hz"].as_u64()), (Some(5), Some(44_100)));
    let model = model();
    let written = |wish: &ClipWish| {
        let mut samples = made(&model, wish).1;
        fade_end(&mut samples);
        samples
    };
    assert_eq!(samples(&out.join("01.wav")), written(&wish()));
    assert_eq!(samples(&out.join("02.wav")), written(&ClipWish { seed: 5, ..wish() }));
    json(&[&words[..], &["--class", "dog", "--seed", "4"]].concat());
    assert_eq!(samples(&out.join("01.wav")), written(&ClipWish { class_weights: vec![1.0], ..wish() }));
}

#[test]
fn what_cannot_be_is_refused_with_one_line_and_no_file() {
    let folder = tempdir().expect("a folder");
    let pack_file = saved(&folder);
    let outs = tempdir().expect("a folder");
    let out = outs.path().join("out");
    let words = ["foley", "--pack", text(&pack_file), "--out", text(&out)];
    let cases: [(i32, &[&str], &str); 10] = [
        (2, &["--class", "rian"], "did you mean \"rain\"? the pack has Dog-bark, rain, rails"),
        (2, &["--weights", "1,2,3,4"], "4 class weights, and the pack has 3 classes"),
        (2, &["--weights", "0,0"], "not all 0"),
        (2, &["--weights", "1,nan"], "0 to 1000"),
        (2, &["--weights", "-1,1"], "0 to 1000"),
        (2, &["--class", "rain", "--temperature", "0"], "0.1 to 2"),
        (2, &["--class", "rain", "--temperature", "10"], "0.1 to 2"),
        (2, &["--class", "rain", "--seconds", "3"], "a clip of 3 s is outside 0.05 to 0.743"),
        (2, &["--class", "rain", "--count", "0"], "1..=10000"),
        (2, &[], "--class"),
    ];
    for (code, more, part) in cases {
        assert_refused(&heptode(&[&words[..], more].concat()), code, part);
        assert_eq!(files_in(outs.path()), 0, "{more:?} left a file");
    }
    // A pack of another kind, and this one where an instrument is needed.
    let factory = factory();
    let latent = ["foley", "--class", "rain", "--out", text(&out), "--pack", text(&factory)];
    assert_refused(&heptode(&latent), 1, "the pack is of kind latent");
    let missing = ["foley", "--class", "rain", "--out", text(&out), "--pack", "nosuchpack"];
    assert_refused(&heptode(&missing), 1, "there is no such pack file; shipped packs: factory");
    // This one where recordings are to be placed.
    assert_refused(&heptode(&["encode", "tone.wav", "--pack", text(&pack_file)]), 1, "has no latent space");
    assert!(Pack::open(&pack_file).is_err() && files_in(outs.path()) == 0);
}

#[test]
fn the_instrument_plays_what_the_command_makes() {
    /// Largest difference between samples that the synth plays at the pack's rate and key and those of the command.
    const TOLERANCE: f32 = 1e-4;
    let folder = tempdir().expect("a folder");
    let (pack_file, out, played) = (saved(&folder), folder.path().join("out"), folder.path().join("played.wav"));
    let made = ["foley", "--pack", text(&pack_file), "--out", text(&out), "--seed", "0", "--weights"];
    let render = ["render", "--pack", text(&pack_file), "--out", text(&played), "--rate", "44100"];
    for (weights, point) in [
        ("1,3,0", ["--latent", "1,3,0,0,0,0,0"]),
        ("0,1,0", ["--sound", "rain"]),
        ("2,0,0", ["--latent", "2,-1,-3,3,3,3,3"]),
        ("1,1,1", ["--latent", "0,0,0,0,0,0,0"]),
    ] {
        json(&[&made[..], &[weights]].concat());
        json(&[&render[..], &point].concat());
        let (made, played) = (samples(&out.join("01.wav")), samples(&played));
        assert!(played.len() >= made.len(), "{weights}: {} samples", played.len());
        let pairs = || made.iter().zip(&played);
        let furthest = pairs().map(|(made, played)| (made - played).abs()).fold(0.0, f32::max);
        assert!(furthest < TOLERANCE, "{weights}: {furthest}");
        assert!(pairs().any(|(made, _)| made.abs() > 0.01), "{weights}: silent");
    }
    let info = json(&["info", "--pack", text(&pack_file)]);
    assert_eq!((info["pack"]["kind"].as_str(), info["latents"].as_array().map(Vec::len)), (Some("foley"), Some(7)));
    assert_eq!(info["sounds"].as_array().map(Vec::len), Some(3));
}
