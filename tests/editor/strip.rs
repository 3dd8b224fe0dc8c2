//! The tabs of the strip: each opens, is remembered, and looks right.

use egui_kittest::SnapshotResults;
use egui_kittest::kittest::Queryable;
use engine::params::ModSource;
use plugin::params::ParamId;
use plugin::project::StripTab;

use super::harness::EditorHarness;

fn open(tab: StripTab, scale: f32) -> EditorHarness {
    let mut editor = EditorHarness::open(scale, false);
    editor.harness.get_by_label(tab.name()).click();
    editor.harness.run_steps(12);
    editor
}

#[test]
fn a_tab_that_is_opened_is_remembered() {
    for tab in StripTab::ALL {
        let editor = open(tab, 1.0);
        assert_eq!(editor.session.store.project().view.unwrap_or_default().tab, tab);
    }
}

#[test]
fn a_choice_is_taken_from_its_menu_and_a_pair_from_its_half() {
    let mut editor = open(StripTab::Play, 1.0);
    editor.harness.get_by_label("Arpeggiator Mode").click();
    editor.harness.run_steps(3);
    editor.harness.get_by_label("As played").click();
    editor.harness.run_steps(3);
    let arpeggiator = ParamId::named("arp").expect("a parameter");
    assert_eq!(editor.session.params.get(arpeggiator).plain(), 4.0);
    let pair = editor.harness.get_by_label("Glide law Law").rect();
    let lower = pair.center_bottom() - egui::vec2(0.0, 6.0);
    editor.drag(lower, lower);
    editor.drop_at(lower);
    let law = ParamId::named("glide_law").expect("a parameter");
    assert_eq!(editor.session.params.get(law).plain(), 1.0);
}

#[test]
fn a_touch_of_the_cutoff_turns_the_filter_on_and_undo_turns_it_off() {
    let [kind, cutoff] = ["filter", "cutoff"].map(|id| ParamId::named(id).expect("a parameter"));
    let mut editor = open(StripTab::Filter, 1.0);
    let before = editor.session.params.get(cutoff).plain();
    let place = editor.harness.get_by_label("Filter response").rect().center();
    editor.drag(place, place - egui::vec2(40.0, 0.0));
    editor.drop_at(place - egui::vec2(40.0, 0.0));
    editor.harness.run_steps(3);
    assert_eq!(editor.session.params.get(kind).plain(), 2.0);
    assert!(editor.session.params.get(cutoff).plain() < before);
    editor.harness.get_by_label("Undo").click();
    editor.harness.run_steps(3);
    assert_eq!(editor.session.params.get(kind).plain(), 0.0);
    assert_eq!(editor.session.params.get(cutoff).plain(), before);
}

#[test]
fn an_end_of_the_loop_is_dragged_on_the_waveform_as_one_step_that_sets_the_loop() {
    let [start, mode] = ["loop_start", "loop"].map(|id| ParamId::named(id).expect("a parameter"));
    let mut editor = open(StripTab::Amp, 1.0);
    let values = |editor: &EditorHarness| [start, mode].map(|id| editor.session.params.get(id).plain());
    let before = values(&editor);
    let place = editor.harness.get_by_label("Start of the loop").rect().center();
    let aside = place + egui::vec2(81.4, 0.0);
    editor.drag(place, aside);
    editor.drop_at(aside);
    editor.harness.run_steps(3);
    let [moved, is_set] = values(&editor);
    assert!((moved - before[0] - 0.1).abs() < 0.02 && is_set == 1.0, "{moved}, {is_set}");
    editor.harness.get_by_label("Undo").click();
    editor.harness.run_steps(3);
    assert_eq!(values(&editor), before);
}

#[test]
fn a_route_is_made_in_the_matrix_as_one_step() {
    let mut editor = open(StripTab::Motion, 1.0);
    let before = editor.session.store.project().routes;
    editor.harness.get_by_label("Route 2 source").click();
    editor.harness.run_steps(3);
    editor.harness.get_by_label("Velocity").click();
    editor.harness.run_steps(3);
    let after = editor.session.store.project().routes;
    assert_eq!((after[0], after[1].source), (before[0], ModSource::Velocity));
    editor.harness.get_by_label("Undo").click();
    editor.harness.run_steps(3);
    assert_eq!(editor.session.store.project().routes, before);
}

#[test]
fn tabs_look_right() {
    let mut results = SnapshotResults::new();
    for tab in StripTab::ALL {
        results.extend(open(tab, 1.0).compare(&format!("tab_{}_100", tab.name().to_lowercase()), 1.0));
    }
}
