//! The tabs of the strip: each opens, is remembered, and looks right.

use egui_kittest::SnapshotResults;
use egui_kittest::kittest::Queryable;
use engine::params::{ModDestination, ModSource, Route, STEPS};
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
    let mut editor = open(StripTab::Matrix, 1.0);
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
fn steps_are_drawn_by_a_stroke_that_one_undo_takes_back() {
    let mut editor = open(StripTab::Motion, 1.0);
    let before = editor.session.store.project().steps;
    let bars = editor.harness.get_by_label("Levels of the steps").rect().shrink(6.0);
    editor.drag(bars.left_bottom(), bars.right_top());
    editor.drop_at(bars.right_top());
    let drawn = editor.session.store.project().steps;
    assert!(
        (0..STEPS).all(|step| drawn.level(step).signum() == if step < STEPS / 2 { -1.0 } else { 1.0 }),
        "{drawn:?}"
    );
    assert!((drawn.level(0) + 1.0).abs() < 0.1 && (drawn.level(STEPS - 1) - 1.0).abs() < 0.1, "{drawn:?}");
    assert_eq!(editor.audio.scene().steps, drawn);
    editor.harness.get_by_label("Undo").click();
    editor.harness.run_steps(3);
    assert_eq!(editor.session.store.project().steps, before);
}

#[test]
fn a_drag_on_the_pad_is_recorded_as_a_path_that_moves_the_pad_in_one_step() {
    let axes = [ParamId::PAD_X, ParamId::PAD_Y];
    let amount = ParamId::named("route3").expect("a parameter");
    let mut editor = open(StripTab::Motion, 1.0);
    let values = |editor: &EditorHarness| {
        [axes[0], axes[1], ParamId::MORPH, amount].map(|id| editor.session.params.get(id).plain())
    };
    let before = (editor.session.store.project(), values(&editor));
    let pad = editor.harness.get_by_label("Pad").rect();
    let [from, to] = [pad.lerp_inside(egui::vec2(0.2, 0.3)), pad.lerp_inside(egui::vec2(0.8, 0.6))];
    editor.harness.get_by_label("Record").click();
    editor.harness.run_steps(2);
    editor.drag(from, to);
    editor.drop_at(to);
    editor.harness.run_steps(12);
    let project = editor.session.store.project();
    let path = project.pad_path;
    // Press and eight moves, each a thirtieth of a second.
    assert!((0.25..0.4).contains(&path.length_s()), "{path:?}");
    let [x, y] = path.offset(1.0);
    assert!((x - 0.62).abs() < 0.05 && (y - 0.32).abs() < 0.05, "{x}, {y}");
    let of_path = |source, destination| Route { source, via: ModSource::None, destination };
    assert_eq!(project.routes[..2], before.0.routes[..2]);
    assert_eq!(project.routes[2], of_path(ModSource::PathX, ModDestination::PadX));
    assert_eq!(project.routes[3], of_path(ModSource::PathY, ModDestination::PadY));
    let [at_x, at_y, morph, amount_now] = values(&editor);
    assert!((at_x - path.start()[0]).abs() < 1e-3 && (at_y - path.start()[1]).abs() < 1e-3, "{at_x}, {at_y}");
    assert_eq!((morph, amount_now), (1.0, 1.0));
    assert_eq!(editor.audio.scene().pad_path, path);
    editor.harness.get_by_label("Undo").click();
    editor.harness.run_steps(3);
    let undone = editor.session.store.project();
    assert_eq!((undone.pad_path, undone.routes), (before.0.pad_path, before.0.routes));
    assert_eq!(values(&editor), before.1);
    editor.harness.get_by_label("Redo").click();
    editor.harness.run_steps(3);
    assert_eq!(editor.session.store.project().pad_path, path);
    editor.harness.get_by_label("Remove path").click();
    editor.harness.run_steps(3);
    assert!(editor.session.store.project().pad_path.is_empty());
}

#[test]
fn tabs_look_right() {
    let mut results = SnapshotResults::new();
    for tab in StripTab::ALL {
        results.extend(open(tab, 1.0).compare(&format!("tab_{}_100", tab.name().to_lowercase()), 1.0));
    }
}

#[test]
fn a_click_on_the_seed_goes_on_to_the_next_one_and_is_undone() {
    let mut editor = open(StripTab::Play, 1.0);
    let seed = |editor: &EditorHarness| editor.session.store.project().seed;
    let before = seed(&editor);
    editor.harness.get_by_label("Next seed").click();
    editor.harness.run_steps(2);
    assert_eq!(seed(&editor), before + 1);
    editor.harness.get_by_label("Undo").click();
    editor.harness.run_steps(2);
    assert_eq!(seed(&editor), before);
}
