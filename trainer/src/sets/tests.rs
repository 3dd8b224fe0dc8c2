//! The whole command on small generated sets: order of the distances, the ladder, and files that are odd.

use std::fs;
use std::path::Path;

use engine::sample::write_wav;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use super::vggish::tests::write_graph;
use super::{Options, evaluate};

const RATE_HZ: u32 = 16_000;
const SAMPLES: usize = 4_800;
/// Files of a class of the reference, of which a fifth is held out, and of a set.
const REFERENCE: usize = 45;
const SET: usize = 16;
/// Part of new clips that so few training clips let pass for copies at most: the limit is the least distance of 36.
const NO_COPIES: f64 = 0.5;
/// Part of the pairs of the ladder that a kernel distance orders.
const ORDERED: f64 = 0.95;

/// A decaying tone of some pitch, or decaying noise of some colour.
fn sound(class: &str, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let decay = rng.random_range(600.0..2_400.0_f32);
    let (hz, pole) = (rng.random_range(200.0..800.0_f32), rng.random_range(0.3..0.8_f32));
    let mut state = 0.0;
    let wave = |n: usize| {
        let turn = std::f32::consts::TAU * hz * n as f32 / RATE_HZ as f32;
        let noise = rng.random_range(-1.0..1.0_f32);
        state += (noise - state) * pole;
        if class == "tone" {
            (1..5).map(|h| (turn * h as f32).sin() / h as f32).sum::<f32>() + 0.01 * noise
        } else {
            state
        }
    };
    let mut samples: Vec<f32> = (0..SAMPLES).map(wave).collect();
    samples.iter_mut().enumerate().for_each(|(n, sample)| *sample *= 0.3 * (-(n as f32) / decay).exp());
    samples
}

/// Files of two classes. `classes` are pairs of the folder and of what lies in it.
fn write_set(folder: &Path, count: usize, seed: u64, classes: [(&str, &str); 2]) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for (name, class) in classes {
        fs::create_dir_all(folder.join(name)).expect("a folder can be made");
        for number in 0..count {
            let file = folder.join(name).join(format!("{number:02}.wav"));
            write_wav(&file, &sound(class, &mut rng), 1, RATE_HZ).expect("a sound can be written");
        }
    }
}

const RIGHT: [(&str, &str); 2] = [("hiss", "hiss"), ("tone", "tone")];
const SWAPPED: [(&str, &str); 2] = [("hiss", "tone"), ("tone", "hiss")];

fn options(folder: &Path, sets: &[&str]) -> Options {
    Options {
        reference: folder.join("reference"),
        class_label: None,
        sets: sets.iter().map(|name| ((*name).to_owned(), folder.join(name))).collect(),
        out: folder.join("out"),
        rate_hz: None,
        seconds: None,
        limit: 0,
        keep_levels: false,
        vggish: None,
        ladder: 0,
        json: false,
        threads: 2,
    }
}

fn report(folder: &Path) -> Value {
    let bytes = fs::read(folder.join("out/report.json")).expect("a report");
    serde_json::from_slice(&bytes).expect("JSON")
}

fn row<'a>(report: &'a Value, name: &str) -> &'a Value {
    let rows = report["rows"].as_array().expect("rows");
    rows.iter().find(|row| row["name"] == name).expect("the set is there")
}

#[test]
fn distances_order_sets_and_known_damage() {
    let folder = tempfile::tempdir().expect("a folder");
    write_set(&folder.path().join("reference"), REFERENCE, 1, RIGHT);
    write_set(&folder.path().join("ours"), SET, 2, RIGHT);
    write_set(&folder.path().join("wrong"), SET, 3, SWAPPED);
    let network = folder.path().join("vggish.onnx");
    write_graph(&network, &[1, 96, 64], 128);
    let ladder = REFERENCE / 5;
    let options = Options { ladder, vggish: Some(network), ..options(folder.path(), &["ours", "wrong"]) };
    evaluate(&options).expect("they are compared");
    let report = report(folder.path());
    let embeddings = report["header"]["embeddings"].as_array().expect("embeddings");
    let (given, own) = embeddings.split_last().expect("embeddings");
    let fad = |name: &str| row(&report, name)["embeddings"][own.len()]["mean"]["fad"].as_f64().expect("a distance");
    assert_eq!(given["name"], "vggish-fad/1");
    assert!(fad("ours") < 0.5 * fad("wrong") && fad("training copy") < 0.5 * fad("wrong"));
    for (place, embedding) in own.iter().enumerate() {
        let of = |name: &str, figure: &str| row(&report, name)["embeddings"][place]["mean"][figure].as_f64();
        let kad = |name: &str| of(name, "kad").expect("a distance");
        let all = ["ours", "held-out", "training copy", "white noise", "wrong"].map(kad);
        assert!(all[..3].iter().all(|near| *near < 0.2 * all[3] && *near < 0.2 * all[4]), "{embedding}: {all:?}");
        assert_eq!(of("training copy", "memorised"), Some(1.0), "{embedding}");
        let shares = [of("ours", "memorised"), of("ours", "precision"), of("wrong", "precision")];
        assert!(shares[0] < Some(NO_COPIES) && shares[1] > shares[2], "{embedding}: {shares:?}");
        assert!(report["ratios"][place]["kad"].as_f64().is_none_or(|ratio| ratio < 0.2), "{embedding}");
    }
    let told = |name: &str| row(&report, name)["quality"]["all"]["accuracy"].as_f64().expect("a classifier");
    assert!(told("held-out") > 0.9 && told("ours") > 0.9 && told("wrong") < 0.1);
    let kads = report["ladder"].as_array().expect("a ladder").iter().filter(|answer| answer["metric"] == "KAD");
    let ordered: Vec<f64> = kads.filter_map(|answer| answer["ordered"].as_f64()).collect();
    let mean = crate::statistics::mean(&ordered);
    assert!(ordered.len() >= 16 && mean >= ORDERED, "{mean} of {ordered:?}");
}

#[test]
fn odd_files_are_told_and_the_rest_is_compared() {
    let folder = tempfile::tempdir().expect("a folder");
    let reference = folder.path().join("reference");
    write_set(&reference, 15, 1, RIGHT);
    let odd = folder.path().join("odd");
    write_set(&odd, 7, 2, RIGHT);
    fs::remove_dir_all(odd.join("tone")).expect("removed");
    fs::create_dir_all(odd.join("stranger")).expect("made");
    write_wav(&odd.join("stranger/0.wav"), &[0.1; 4_000], 1, RATE_HZ).expect("written");
    write_wav(&odd.join("hiss/silent.wav"), &[0.0; 4_000], 1, RATE_HZ).expect("written");
    write_wav(&odd.join("hiss/loud.wav"), &[1.5; 4_000], 1, RATE_HZ).expect("written");
    write_wav(&odd.join("hiss/nan.wav"), &[f32::NAN; 4_000], 1, RATE_HZ).expect("written");
    fs::write(odd.join("hiss/text.wav"), b"no sound").expect("written");
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let stereo: Vec<f32> = (0..2 * 44_100 / 2).map(|_| rng.random_range(-0.2..0.2)).collect();
    write_wav(&odd.join("hiss/stereo.wav"), &stereo, 2, 44_100).expect("written");
    let single = folder.path().join("single");
    fs::create_dir_all(&single).expect("made");
    write_wav(&single.join("one.wav"), &stereo, 2, 44_100).expect("written");
    evaluate(&options(folder.path(), &["odd", "single"])).expect("they are compared");
    let first = report(folder.path());
    let quality = &row(&first, "odd")["quality"];
    assert_eq!(quality["left_out"].as_array().map(Vec::len), Some(3), "{quality}");
    assert_eq!(quality["all"]["clips"], 10);
    assert_eq!((&quality["all"]["silent"], &quality["all"]["runaway"]), (&Value::from(1), &Value::from(1)));
    assert!(quality["classes"][1].is_null());
    assert!(row(&first, "single")["embeddings"][0]["pooled"]["kad"].is_null());
    // The second run takes everything from the cache and finds the same.
    evaluate(&options(folder.path(), &["odd", "single"])).expect("they are compared again");
    // Torch's random numbers are those of all tests at once, and with them the networks.
    let second = report(folder.path());
    for name in ["held-out", "white noise", "odd", "single"] {
        let fixed = |report: &Value| row(report, name)["embeddings"].as_array().map(|all| all[..3].to_vec());
        assert!(fixed(&first) == fixed(&second) && fixed(&first).is_some(), "{name}");
    }
}

#[test]
fn what_cannot_be_compared_is_one_line_and_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    write_set(&folder.path().join("reference"), 5, 1, RIGHT);
    write_set(&folder.path().join("other"), 2, 1, [("a", "tone"), ("b", "tone")]);
    let says = |options: &Options| evaluate(options).expect_err("it cannot be compared").to_string();
    let few = options(folder.path(), &[]);
    assert!(says(&few).contains("4 training and 1 held-out clips of hiss"), "{}", says(&few));
    let gone = options(folder.path(), &["gone"]);
    assert!(says(&gone).contains("is no folder"), "{}", says(&gone));
    let short = Options { seconds: Some(0.1), ..few.clone() };
    assert!(says(&short).contains("--seconds"), "{}", says(&short));
    write_set(&folder.path().join("reference"), 15, 1, RIGHT);
    let other = options(folder.path(), &["other"]);
    assert!(says(&other).contains("none of its classes"), "{}", says(&other));
    assert!(!folder.path().join("out").exists());
}
