//! `heptode blend` and `heptode walk`: equal for equal seeds, what they tell, what they refuse.

use tempfile::tempdir;

use super::run::{FAST, assert_refused, heptode, json, text, tone_file};

fn sounds() -> Vec<String> {
    let info = json(&["info"]);
    let names = info["sounds"].as_array().expect("sounds").iter().map(|sound| sound["name"].as_str().expect("a name"));
    names.take(3).map(str::to_owned).collect()
}

#[test]
fn a_blend_lies_between_its_sounds_whatever_the_sum_of_the_weights() {
    let folder = tempdir().expect("a folder");
    let (out, names) = (folder.path().join("blend.wav"), sounds());
    let blend = |weights: &str| {
        let words = ["blend", &names[0], &names[1], &names[2], "--weights", weights, "--out", text(&out)];
        json(&[words.as_slice(), &FAST].concat())
    };
    let told = blend("0.5,0.3,0.2");
    assert_eq!(told["latent"], blend("5,3,2")["latent"]);
    for axis in 0..7 {
        let of = |sound: usize| told["sounds"][sound]["latent"][axis].as_f64().expect("a number");
        let wanted = 0.5 * of(0) + 0.3 * of(1) + 0.2 * of(2);
        assert!((told["latent"][axis].as_f64().expect("a number") - wanted).abs() < 1e-4, "{told}");
    }
    let only = json(&[["blend", &names[1], "--out", text(&out)].as_slice(), &FAST].concat());
    assert_eq!(only["latent"], only["sounds"][0]["latent"]);
    let tone = tone_file(&folder);
    let with_file = [["blend", &names[0], text(&tone), "--out", text(&out)].as_slice(), &FAST].concat();
    assert_eq!(json(&with_file)["sounds"][1]["weight"], 0.5);
}

#[test]
fn a_blend_of_wrong_weights_or_sounds_is_refused() {
    let folder = tempdir().expect("a folder");
    let (out, names) = (folder.path().join("blend.wav"), sounds());
    let refused = |words: &[&str], part: &str| {
        let words = [&["blend", "--out", text(&out)], words].concat();
        assert_refused(&heptode(&words), 2, part);
    };
    refused(&[&names[0], "--weights", "1,2"], "2 values");
    refused(&[&names[0], &names[1], "--weights", "0,0"], "all 0");
    refused(&[&names[0], "--weights", "-1"], "-1");
    refused(&[&format!("{}x", names[0])], "did you mean");
    refused(&[], "NAME|FILE");
    assert!(!out.exists());
}

#[test]
fn a_walk_is_as_long_as_asked_and_its_seed_s() {
    let folder = tempdir().expect("a folder");
    let [a, b, c] = ["a.wav", "b.wav", "c.wav"].map(|name| folder.path().join(name));
    let walk = |out: &std::path::Path, seed: &str| {
        let words =
            ["walk", "--floor", "gravel", "--seconds", "3", "--seed", seed, "--rate", "8000", "--out", text(out)];
        json(&words)
    };
    let told = walk(&a, "3");
    assert_eq!((told["samples"].as_u64(), told["channels"].as_u64()), (Some(24_000), Some(2)));
    let steps = told["steps"].as_array().expect("steps");
    assert!((5..=6).contains(&steps.len()), "{told}");
    assert!(steps.windows(2).all(|pair| pair[0]["latent"] != pair[1]["latent"]));
    walk(&b, "3");
    walk(&c, "4");
    let bytes = |path| std::fs::read(path).expect("written");
    assert!(bytes(&a) == bytes(&b) && bytes(&a) != bytes(&c));
}

#[test]
fn a_floor_that_the_pack_has_not_is_refused_with_those_that_it_has() {
    let folder = tempdir().expect("a folder");
    let out = folder.path().join("walk.wav");
    let refused = heptode(&["walk", "--floor", "lava", "--out", text(&out)]);
    assert_refused(&refused, 2, "gravel");
    assert_refused(&heptode(&["walk", "--floor", "snow", "--pace", "nan", "--out", text(&out)]), 2, "nan");
    assert!(!out.exists());
}
