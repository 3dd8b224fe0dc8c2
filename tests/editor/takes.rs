//! Takes of a sound of chance are written from the window, one after the other, and can be ended.

use std::path::Path;
use std::sync::Arc;

use egui_kittest::kittest::Queryable;
use engine::decode::PackModel;
use engine::decode::assets::Assets;
use engine::decode::end_fade::fade_end;
use engine::decode::foley::{Clip, ClipWish, FoleyModel};
use engine::decode::load::load;
use engine::decode::source::{self, Source, SourceError, SourceProperties};
use engine::link::{SoundSpec, SourceId};
use plugin::jobs::Job;
use plugin::loaded_pack::LoadedPack;
use plugin::session::Session;
use plugin::takes::{TakeSeries, folder_of};
use support::foley::pack;
use support::wait::wait_until;

use super::harness::EditorHarness;

const SEED: u64 = 41;
const CONTROLS: [f32; 7] = [0.0, 2.0, 1.0, 0.0, 0.0, 0.0, 0.0];

fn model() -> Arc<dyn PackModel> {
    load(&pack().into()).expect("its own weights")
}

/// The window with a pack of classes.
fn opened() -> EditorHarness {
    let mut editor = EditorHarness::open(1.0, false);
    let player = editor.session.loaded_pack().expect("a pack is loaded").player.clone();
    editor.session.install(LoadedPack::new(model(), player));
    editor.harness.run_steps(2);
    editor
}

fn series(session: &Session, exports: &Path, count: usize) -> Box<TakeSeries> {
    Box::new(TakeSeries {
        folder: folder_of(exports, "Rain/Rails"),
        name: "Rain/Rails".to_owned(),
        source: model().source(),
        assets: Assets::default(),
        first: SoundSpec { seed: SEED, ..SoundSpec::new(SourceId(0), CONTROLS, 60.0) },
        count,
        done: 0,
        ticket: session.take_export.begin("Rain/Rails", count).expect("none is being written"),
    })
}

/// The clip of a seed as `heptode foley` makes it.
fn clip(seed: u64) -> Vec<f32> {
    let model = Arc::new(FoleyModel::load(&pack()).expect("its own files"));
    let manifest = model.manifest();
    let wish = ClipWish {
        class_weights: CONTROLS[..3].to_vec(),
        temperature: manifest.temperature,
        keep: manifest.keep,
        guidance: manifest.guidance,
        seed,
        seconds: manifest.seconds(),
    };
    let mut samples = Clip::new(model, &wish).expect("possible").finish().expect("it runs");
    fade_end(&mut samples);
    samples
}

fn samples(path: &Path) -> Vec<f32> {
    let mut file = hound::WavReader::open(path).expect("a WAV file");
    file.samples().map(|sample| sample.expect("a whole file")).collect()
}

fn last_notice(editor: &EditorHarness) -> String {
    editor.session.store.notices.all().last().map(|notice| notice.text.clone()).unwrap_or_default()
}

#[test]
fn takes_are_the_clips_of_the_seeds_from_the_first_on() {
    let (folder, editor) = (tempfile::tempdir().expect("a temporary folder"), opened());
    editor.session.run(Job::ExportTake(series(&editor.session, folder.path(), 3)));
    wait_until("they are written", || editor.session.take_export.progress().is_none());
    wait_until("the jobs end", || !editor.session.is_busy());
    let place = folder.path().join("Rain_Rails takes");
    for seed in SEED..SEED + 3 {
        let samples = samples(&place.join(format!("Rain_Rails seed {seed}.wav")));
        assert!(samples == clip(seed), "seed {seed}");
    }
    assert_eq!(std::fs::read_dir(&place).expect("a folder").count(), 3);
    assert!(last_notice(&editor).starts_with("Exported 3 takes to "), "{}", last_notice(&editor));
}

#[test]
fn a_series_that_is_ended_leaves_whole_files_and_says_how_many() {
    let (folder, editor) = (tempfile::tempdir().expect("a temporary folder"), opened());
    let series = series(&editor.session, folder.path(), 10_000);
    assert!(editor.session.take_export.begin("Dog", 1).is_none(), "one series at a time");
    editor.session.run(Job::ExportTake(series));
    let place = folder.path().join("Rain_Rails takes");
    wait_until("two are written", || std::fs::read_dir(&place).is_ok_and(|files| files.count() > 1));
    editor.session.take_export.end();
    wait_until("the jobs end", || !editor.session.is_busy());
    let count = std::fs::read_dir(&place).expect("a folder").count();
    assert_eq!(last_notice(&editor), format!("{count} of 10000 takes were exported to {}", place.display()));
    for file in std::fs::read_dir(&place).expect("a folder") {
        assert_eq!(samples(&file.expect("an entry").path()).len(), clip(SEED).len());
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_told_of_and_ends_the_series() {
    let (folder, editor) = (tempfile::tempdir().expect("a temporary folder"), opened());
    let taken = folder.path().join("file");
    std::fs::write(&taken, "").expect("written");
    editor.session.run(Job::ExportTake(series(&editor.session, &taken, 3)));
    wait_until("the jobs end", || !editor.session.is_busy());
    assert!(editor.session.take_export.progress().is_none());
    let text = last_notice(&editor);
    assert!(
        text.starts_with("0 of 3 takes were exported: cannot make the folder") && text.lines().count() == 1,
        "{text}"
    );
}

/// A source with a defect.
struct Panicking;

impl Source for Panicking {
    fn roots(&self) -> &[u8] {
        &[60]
    }

    fn properties(&self) -> SourceProperties {
        model().source().properties()
    }

    fn begin(&self, _: &SoundSpec, _: Assets) -> Result<Box<dyn source::Job>, SourceError> {
        panic!("a defect of the test's source")
    }
}

#[test]
fn a_take_whose_making_panics_ends_the_series_and_is_told_of() {
    let (folder, editor) = (tempfile::tempdir().expect("a temporary folder"), opened());
    let series = TakeSeries { source: Arc::new(Panicking), ..*series(&editor.session, folder.path(), 3) };
    editor.session.run(Job::ExportTake(Box::new(series)));
    wait_until("the jobs end", || !editor.session.is_busy());
    assert!(editor.session.take_export.progress().is_none());
    assert!(last_notice(&editor).starts_with("Something went wrong"), "{}", last_notice(&editor));
    assert!(editor.session.take_export.begin("Dog", 1).is_some(), "another series can begin");
}

#[test]
fn export_offers_series_only_where_another_take_is_another_sound() {
    let mut editor = opened();
    editor.harness.get_by_label("Export").click();
    editor.harness.run_steps(3);
    for label in ["This take", "4 takes, from this seed on", "200 takes, from this seed on"] {
        editor.harness.get_by_label(label);
    }
    let mut plain = EditorHarness::open(1.0, false);
    plain.harness.get_by_label("Random");
    plain.harness.run_steps(2);
    assert!(plain.harness.query_by_label("This take").is_none());
}
