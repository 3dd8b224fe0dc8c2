//! Tiny corpora of footsteps and of clips are made, their models trained for a few steps, resumed, exported and played or sampled. The real programs do it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use engine::decode::foley::{Clip, ClipWish, FoleyModel};
use engine::decode::raw::{Generator, RawModel, Wish};
use engine::decode::{Model, Pipeline, Shaping};
use engine::pack::{FoleyPack, Pack, PackKind, RawPack};
use tch::{CModule, Tensor};

fn trainer(arguments: &[&str]) -> std::process::Output {
    // The networks are too small to gain by a second thread.
    let mut command = Command::new(env!("CARGO_BIN_EXE_trainer"));
    command.args(["--threads", "1"]).args(arguments).output().expect("the trainer starts")
}

fn succeed(arguments: &[&str]) -> String {
    let output = trainer(arguments);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {told}");
    told
}

fn text(path: &Path) -> &str {
    path.to_str().expect("temporary folders have plain names")
}

#[test]
fn footsteps_go_from_the_generator_to_a_pack_that_plays() {
    let folder = tempfile::tempdir().expect("a folder");
    let [corpus, run, pack] = ["corpus", "run", "pack"].map(|name| folder.path().join(name));
    succeed(&["corpus", "--footsteps", "100", "--out", text(&corpus)]);
    let manifest: serde_json::Value =
        serde_json::from_slice(&std::fs::read(corpus.join("corpus.json")).expect("a manifest")).expect("JSON");
    let items = manifest["items"].as_array().expect("items");
    assert_eq!(items.len(), 100);
    let floors: std::collections::BTreeSet<&str> =
        items.iter().map(|item| item["labels"]["floor"].as_str().expect("a floor")).collect();
    assert_eq!(floors.len(), 10);

    for (upsampling, activation) in [("nearest", "leaky-relu"), ("transposed", "relu")] {
        let run = run.join(upsampling);
        let words = [
            "train",
            "--model",
            "cqt-vae",
            "--corpus",
            text(&corpus),
            "--out",
            text(&run),
            "--device",
            "cpu",
            "--steps",
            "3",
            "--log-steps",
            "1",
            "--upsampling",
            upsampling,
            "--activation",
            activation,
        ];
        succeed(&words);
        assert!(succeed(&words).contains("already finished"));
        let other = trainer(&[words.as_slice(), &["--seed", "9"]].concat());
        assert!(String::from_utf8_lossy(&other.stderr).contains("was begun with another"));

        let pack = pack.join(upsampling);
        succeed(&["export", "--run", text(&run), "--corpus", text(&corpus), "--out", text(&pack)]);
        let pack = Pack::open(&pack).expect("a whole pack");
        assert_eq!(pack.manifest().kind, PackKind::Cqt);
        assert_eq!(pack.manifest().categories().len(), 10);
        let sound = pack.sound("Gravel step, hard").expect("a named footstep").clone();
        let mut pipeline = Pipeline::new(Arc::new(Model::load(&pack).expect("its graphs load"))).expect("and run");
        let made = pipeline.decode(&sound.latent, 60.0, &Shaping::default()).expect("a sound");
        assert_eq!(made.len(), 73_728);
        assert!(made.iter().all(|sample| sample.is_finite()));
    }
}

/// The words of a training of raw audio on sounds of 0.1 s.
fn raw_words<'a>(corpus: &'a Path, run: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
    let model = ["train", "--model", "sashimi", "--device", "cpu", "--steps", "3", "--batch", "2"];
    let sound = ["--sample-rate", "8000", "--clip-seconds", "0.1", "--corpus", text(corpus), "--out", text(run)];
    let size = if more.contains(&"--size") { &[][..] } else { &["--size", "tiny"] };
    [&model[..], &sound, size, more].concat()
}

/// Every walker makes every action, so that both splits have them.
const ACTIONS: [&str; 4] = ["--class-label", "action", "--classes", "step,run,land"];

/// Tensors of a file in a run folder.
fn weights(run: &Path, name: &str) -> BTreeMap<String, Tensor> {
    Tensor::read_safetensors(run.join(name)).expect("weights").into_iter().collect()
}

/// Moves the weights of a stage that were best on held-out sounds away from the last ones.
fn move_best(run: &Path, stage: &str) {
    let name = format!("{stage}-best.safetensors");
    let moved = |(name, tensor): (String, Tensor)| (name.clone(), if name == "score" { tensor } else { tensor + 0.05 });
    let moved: Vec<_> = weights(run, &name).into_iter().map(moved).collect();
    Tensor::write_safetensors(&moved, run.join(name)).expect("written");
}

#[test]
fn raw_footsteps_go_from_the_generator_to_a_pack_that_plays() {
    let folder = tempfile::tempdir().expect("a folder");
    let [corpus, run, pack] = ["corpus", "run", "pack"].map(|name| folder.path().join(name));
    succeed(&["corpus", "--footsteps", "100", "--out", text(&corpus)]);
    let classes = [&ACTIONS[..], &["--dropout", "0.1"]].concat();
    let runs = [("mu-law", &classes[..]), ("linear", &[]), ("mixture", &classes[..4])];
    for (quantisation, more) in runs {
        let run = run.join(quantisation);
        let words = raw_words(&corpus, &run, &[&["--quantisation", quantisation], more].concat());
        succeed(&words);
        assert!(succeed(&words).contains("already finished"));
        let other = trainer(&[words.as_slice(), &["--seed", "9"]].concat());
        assert!(String::from_utf8_lossy(&other.stderr).contains("was begun with another"));
        move_best(&run, "sashimi");
        let [best, last] = [&[][..], &["--last"]].map(|last| {
            let export = ["export", "--run", text(&run), "--corpus", text(&corpus), "--out", text(&pack)];
            succeed(&[&export[..], last].concat());
            let page = std::fs::read_to_string(pack.join("README.md")).expect("a page");
            assert_eq!(page.contains("the last weights"), !last.is_empty(), "{page}");
            plays(&RawPack::open(&pack).expect("a whole pack"), quantisation, if more.is_empty() { 0 } else { 3 });
            std::fs::read(pack.join("weights.safetensors")).expect("weights")
        });
        assert!(best != last, "{quantisation}: the best weights are not the last ones");
    }
    for (more, part) in [
        (&["--class-label", "floor"][..], "name at most 7 by --classes"),
        (
            &["--class-label", "floor", "--classes", "graval"],
            "no sound whose floor is \"graval\"; did you mean \"gravel\"? it has ",
        ),
        (&["--class-label", "colour"], "no sound of the corpus has the label"),
        (&["--dropout", "1"], "--dropout must lie between"),
    ] {
        let told = trainer(&raw_words(&corpus, &run.join("none"), more)).stderr;
        let told = String::from_utf8_lossy(&told).into_owned();
        assert!(told.contains(part) && told.trim_end().lines().count() == 1, "{told}");
    }
}

fn plays(pack: &RawPack, quantisation: &str, classes: usize) {
    let manifest = pack.manifest();
    assert_eq!((manifest.quantisation.name(), manifest.length_samples), (quantisation, 800));
    assert_eq!(manifest.classes.len(), classes);
    let wish = Wish {
        class_weights: vec![1.0; classes],
        temperature: manifest.temperature,
        keep: manifest.keep,
        seed: 1,
        prime: vec![0.5; 10],
        with_prime: true,
    };
    let model = Arc::new(RawModel::load(pack).expect("a network"));
    let mut samples = vec![0.0; 400];
    Generator::new(model, &wish).expect("possible").fill(&mut samples);
    assert!(samples[..10] == [0.5; 10] && samples[10..].iter().any(|sample| *sample != samples[10]));
}

#[test]
fn a_raw_run_starts_from_the_best_weights_of_another_and_its_sounds_are_judged() {
    // One step at this rate moves no weight by more.
    const TOLERANCE: f64 = 1e-3;
    let folder = tempfile::tempdir().expect("a folder");
    let [corpus, first, second, pack] = ["corpus", "first", "second", "pack"].map(|name| folder.path().join(name));
    succeed(&["corpus", "--footsteps", "100", "--out", text(&corpus)]);
    succeed(&raw_words(&corpus, &first, &ACTIONS));
    move_best(&first, "sashimi");
    let from = [&ACTIONS[..], &["--start-from", text(&first), "--rate", "0.01", "--sums"]].concat();
    let refused = trainer(&raw_words(&corpus, &second, &[&from[..], &["--size", "small"]].concat()));
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(told.contains("was trained with another size or other classes"), "{told}");
    assert!(!second.exists(), "what is refused leaves nothing");
    succeed(&raw_words(&corpus, &second, &from));
    let (begun, made) = (weights(&first, "sashimi-best.safetensors"), weights(&second, "sashimi.safetensors"));
    for (name, weights) in begun.iter().filter(|(name, _)| *name != "score") {
        let furthest = (weights - &made[name]).abs().max().double_value(&[]);
        assert!(furthest <= TOLERANCE, "{name}: {furthest}");
    }
    let has_tilt = |weights: &BTreeMap<String, Tensor>| weights.keys().any(|name| name.contains("tilt"));
    assert!(!has_tilt(&begun) && has_tilt(&made), "what only the second has is its own");

    succeed(&["export", "--run", text(&second), "--corpus", text(&corpus), "--out", text(&pack)]);
    let table = folder.path().join("table.md");
    let words = ["useful", "--pack", text(&pack), "--corpus", text(&corpus), "--count", "5", "--prime-ms", "0,10"];
    succeed(&[&words[..], &["--class-label", "action", "--out", text(&table)]].concat());
    let table = std::fs::read_to_string(&table).expect("a table");
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| ")).collect();
    let [head, held_out, plain, primed] = rows[..] else { panic!("four rows:\n{table}") };
    assert!(head.contains("useful %") && held_out.starts_with("| corpus, held out | "), "{table}");
    assert!(plain.starts_with("| no prime | 5 | ") && primed.starts_with("| prime 10 ms | 5 | "), "{table}");
    let told = String::from_utf8_lossy(&trainer(&words).stderr).into_owned();
    assert!(told.contains("no sound of the pack's classes (step, run, land)"), "{told}");
    assert_eq!(told.trim_end().lines().count(), 1, "{told}");
}

#[test]
fn clips_go_from_the_generator_and_from_folders_to_packs_that_play() {
    let folder = tempfile::tempdir().expect("a folder");
    let [corpus, sounds, own] = ["corpus", "sounds", "own"].map(|name| folder.path().join(name));
    succeed(&["corpus", "--foley", "2", "--held-out", "0.2", "--out", text(&corpus)]);
    for (class, numbers) in [("drip", [0, 5, 7]), ("engine", [4, 11, 12])] {
        std::fs::create_dir_all(sounds.join(class)).expect("made");
        for number in numbers {
            let file = format!("{number:05}.wav");
            std::fs::copy(corpus.join(&file), sounds.join(class).join(&file)).expect("copied");
        }
    }
    let vocoder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/factory");
    for (given, source, classes) in [("--corpus", &corpus, 7), ("--sounds", &sounds, 2)] {
        let [run, pack] = ["run", "pack"].map(|name| own.join(given).join(name));
        let mut words =
            vec!["train", "--model", "foley", "--foley-size", "tiny", given, text(source), "--out", text(&run)];
        words.extend(["--steps", "3", "--log-steps", "1", "--device", "cpu", "--vocoder", text(&vocoder)]);
        succeed(&words);
        assert!(succeed(&words).contains("already finished"), "a finished run stays as it is");
        let export = ["export", "--run", text(&run), "--corpus", text(&corpus), "--vocoder", text(&vocoder)];
        succeed(&[&export[..], &["--out", text(&pack)]].concat());
        gives_clips(&pack, classes);
        // Folders of recordings lead to a pack by themselves, a corpus if one is asked for.
        let [of_sounds, asked] = [run.join("sounds.heptode"), folder.path().join("asked.heptode")];
        assert_eq!(of_sounds.exists(), given == "--sounds");
        succeed(&[&words[..], &["--pack", text(&asked)]].concat());
        let file = if given == "--sounds" { &of_sounds } else { &asked };
        gives_clips(file, classes);
        let names = FoleyPack::open(file).expect("a pack").manifest().name.clone();
        assert_eq!(names, if given == "--sounds" { "sounds" } else { "asked" });
    }
    let nowhere = folder.path().join("nowhere");
    let words = ["train", "--model", "foley", "--sounds", text(&sounds), "--out", text(&nowhere), "--vocoder", "none"];
    let told = String::from_utf8_lossy(&trainer(&words).stderr).into_owned();
    assert!(told.contains("name one by --vocoder") && told.trim_end().lines().count() == 1, "{told}");
    assert!(!nowhere.exists(), "a pack that cannot be made is refused before the training");
}

fn gives_clips(pack: &Path, classes: usize) {
    let pack = FoleyPack::open(pack).expect("a pack");
    assert_eq!(pack.manifest().classes.len(), classes);
    let wish = ClipWish {
        class_weights: vec![1.0; classes],
        temperature: 1.0,
        keep: 1.0,
        guidance: 1.5,
        seed: 1,
        seconds: 0.3,
    };
    let clip = Clip::new(Arc::new(FoleyModel::load(&pack).expect("loads")), &wish).expect("possible");
    assert_eq!(clip.finish().expect("a clip").len(), 13_230);
}

#[test]
fn a_foley_run_starts_from_the_weights_of_another_and_keeps_its_codes() {
    // One step at the lowest rate moves no weight by more; fresh ones are drawn with a spread of 0.05.
    const TOLERANCE: f64 = 1e-3;
    let folder = tempfile::tempdir().expect("a folder");
    let [corpus, first, second] = ["corpus", "first", "second"].map(|name| folder.path().join(name));
    succeed(&["corpus", "--foley", "2", "--held-out", "0.2", "--out", text(&corpus)]);
    let train = |more: &[&str]| {
        let words = ["train", "--model", "foley", "--corpus", text(&corpus), "--device", "cpu"];
        trainer(&[&words[..], more].concat())
    };
    assert!(train(&["--foley-size", "tiny", "--steps", "3", "--out", text(&first)]).status.success());
    let from = ["--start-from", text(&first), "--steps", "1", "--seed", "5", "--out", text(&second)];
    let refused = train(&from);
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("another size"));
    assert!(!second.exists(), "what is refused leaves nothing");
    assert!(train(&[&from[..], &["--foley-size", "tiny"]].concat()).status.success());
    for (stage, tolerance) in [("foley-vqvae", 0.0), ("foley-prior", TOLERANCE)] {
        let [before, after] = [&first, &second].map(|run| weights(run, &format!("{stage}.safetensors")));
        for (name, weights) in before.iter().filter(|(name, _)| name.starts_with("average.")) {
            let furthest = (weights - &after[name]).abs().max().double_value(&[]);
            assert!(furthest <= tolerance, "{stage} {name}: {furthest}");
        }
    }
}

/// An encoder that gives 19 rows of the 320 samples of each of 24 frames, as TorchScript.
fn write_encoder(path: &Path) {
    let weight = Tensor::arange(19 * 320, tch::kind::FLOAT_CPU).sin().view([19, 1, 320]) * 0.1;
    let forward = &mut |inputs: &[Tensor]| vec![inputs[0].unsqueeze(1).conv1d(&weight, None::<&Tensor>, 320, 0, 1, 1)];
    let input = Tensor::zeros([1, 24 * 320], tch::kind::FLOAT_CPU);
    let module = CModule::create_by_tracing("Encoder", "forward", &[input], forward).expect("traced");
    module.save(path).expect("saved");
}

#[test]
fn the_named_foley_models_train_resume_and_give_clips_of_each_class() {
    let folder = tempfile::tempdir().expect("a folder");
    let [corpus, encoder, out] = ["corpus", "encoder.pt", "out"].map(|name| folder.path().join(name));
    succeed(&["corpus", "--foley", "2", "--held-out", "0.2", "--out", text(&corpus)]);
    write_encoder(&encoder);
    for variant in ["conditioned", "combined"] {
        let run = folder.path().join(variant);
        let mut words =
            vec!["foley-reference", "train", "--variant", variant, "--size", "tiny", "--corpus", text(&corpus)];
        words.extend(["--out", text(&run), "--steps", "4", "--log-steps", "1", "--checkpoint-seconds", "0"]);
        words.extend(["--device", "cpu"]);
        if variant == "combined" {
            words.extend(["--encoder", text(&encoder)]);
        }
        let told = succeed(&words);
        for figure in ["held_out_relative_difference", "held_out_discriminator", "held_out_generator", "held_out_mel"] {
            assert!(told.contains(figure), "{variant}: {figure} is told");
        }
        let clips = |out: &str, more: &[&str]| {
            let out = run.join(out);
            let words = ["foley-reference", "generate", "--run", text(&run), "--out", text(&out), "--count", "2"];
            succeed(&[&words[..], &["--classes", "rain,gunshot", "--device", "cpu"], more].concat());
            let file = |class: &str, number: u32| std::fs::read(out.join(class).join(format!("{number:04}.wav")));
            ["rain", "gunshot"].map(|class| [1, 2].map(|number| file(class, number).expect("a clip")))
        };
        let made = clips("cached", &[]);
        assert_ne!(made[0][0], made[0][1], "{variant}");
        assert_eq!(made, clips("rows", &["--loop", "rows"]), "{variant}: both loops give the same");
        if variant == "conditioned" {
            assert_ne!(made, clips("griffin-lim", &["--vocoder", "griffin-lim"]));
            continue;
        }
        let stages = ["vqvae", "prior", "vocoder"];
        let finished = |stage: &str| run.join(format!("{stage}.safetensors"));
        let weights = || stages.map(|stage| std::fs::read(finished(stage)).expect("a finished stage"));
        let wanted = weights();
        // As if every stage had been killed behind its third step.
        for stage in stages {
            std::fs::remove_file(finished(stage)).expect("removed");
            std::fs::remove_dir_all(run.join(format!("{stage}-00000004"))).expect("removed");
        }
        assert!(succeed(&words).contains("resumed at step 3"));
        assert!(wanted == weights(), "a resumed run ends as one that was not interrupted");
    }
    let conditioned = folder.path().join("conditioned");
    for (words, part) in [
        (
            vec!["generate", "--run", text(&conditioned), "--classes", "rian"],
            "the run has no class \"rian\"; did you mean \"rain\"? it has ",
        ),
        (vec!["train", "--variant", "combined", "--corpus", text(&corpus)], "need the file of a pretrained encoder"),
        (
            vec!["train", "--encoder", text(&encoder), "--corpus", text(&corpus)],
            "--encoder is for the variants combined",
        ),
    ] {
        let words = [&["foley-reference"], &words[..], &["--out", text(&out)]].concat();
        let told = String::from_utf8_lossy(&trainer(&words).stderr).into_owned();
        assert!(told.contains(part) && told.trim_end().lines().count() == 1, "{told}");
        assert!(!out.exists(), "{words:?} writes nothing");
    }
}
