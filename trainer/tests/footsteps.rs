//! A tiny footstep corpus is made, the footstep model trained for a few steps, resumed, exported and played. The real programs do it.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use engine::decode::{Model, Pipeline, Shaping};
use engine::pack::{Pack, PackKind};

fn trainer(arguments: &[&str]) -> std::process::Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trainer"));
    command.args(["--threads", "2"]).args(arguments).output().expect("the trainer starts")
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
