//! Names in the window: readable in every script, in the order in which they are read, cut in the middle where they are too long.
//!
//! The fonts come from the system; `cargo xtask setup` installs those that these tests need.

use egui::epaint::text::Glyph;
use egui::{Color32, Context, Galley, vec2};
use egui_kittest::kittest::Queryable;
use engine::state::SoundState;
use plugin::editor::{name, theme};
use plugin::project::Edit;

use super::harness::EditorHarness;

/// The same word for a drum, or so, in the scripts of most file names.
const NAMES: [&str; 9] = [
    "Große Trommel",
    "Большой барабан",
    "Μεγάλο τύμπανο",
    "תוף בס כבד",
    "طبل كبير",
    "大鼓",
    "大きなドラム",
    "큰북",
    "Trống lớn",
];

/// A window that was given the system's fonts because a name needed them.
fn editor_with_fonts() -> EditorHarness {
    let mut editor = EditorHarness::open(1.0, false);
    editor.session.store.apply(Edit::set_corner(0, SoundState::new("大鼓", [0.0; 7])));
    let has_font = |editor: &EditorHarness| !fitted(&editor.harness.ctx, "大鼓", f32::INFINITY).is_spelled();
    editor.wait_until("a font is found", has_font);
    editor
}

fn fitted(context: &Context, text: &str, width: f32) -> name::Fitted {
    name::line(context, text, &theme::body(13.0), Color32::WHITE, width)
}

/// The glyphs that are drawn, row by row from left to right. egui adds empty ones of no width where a text has more characters.
fn glyphs(galley: &Galley) -> impl Iterator<Item = &Glyph> {
    let all = galley.rows.iter().flat_map(|row| &row.row.glyphs);
    all.filter(|glyph| glyph.advance_width > 0.0 || !glyph.uv_rect.is_nothing())
}

/// The characters of a line from left to right, as they are drawn.
fn visual(galley: &Galley) -> String {
    glyphs(galley).map(|glyph| glyph.chr).collect()
}

#[test]
fn every_script_has_glyphs() {
    let editor = editor_with_fonts();
    for text in NAMES {
        let line = fitted(&editor.harness.ctx, text, f32::INFINITY);
        assert!(!line.is_spelled(), "no font for {text}");
        for glyph in glyphs(line.galley()).filter(|glyph| glyph.chr != ' ') {
            assert!(!glyph.uv_rect.is_nothing(), "{:?} of {text} is not drawn", glyph.chr);
        }
    }
}

#[test]
fn right_to_left_words_are_drawn_from_right_to_left() {
    let editor = editor_with_fonts();
    let cases = [
        ("תוף", "ףות"),
        ("תוף בס כבד", "דבכ סב ףות"),
        ("תוף בס 12.wav", "12 סב ףות.wav"),
        ("kick תוף בס", "kick סב ףות"),
        ("תוף (ישן)", "(ןשי) ףות"),
        ("دور دود 7.wav", "7 دود رود.wav"),
    ];
    for (text, wanted) in cases {
        let line = fitted(&editor.harness.ctx, text, f32::INFINITY);
        assert_eq!(visual(line.galley()), wanted, "{text}");
        let places: Vec<f32> = glyphs(line.galley()).map(|glyph| glyph.pos.x).collect();
        assert!(places.is_sorted(), "{text}: {places:?}");
    }
}

#[test]
fn arabic_letters_are_joined() {
    let editor = editor_with_fonts();
    let shapes = |text: &str| {
        let line = fitted(&editor.harness.ctx, text, f32::INFINITY);
        glyphs(line.galley()).map(|glyph| (glyph.uv_rect.min, glyph.uv_rect.max)).collect::<Vec<_>>()
    };
    let (alone, word) = (shapes("ب"), shapes("ببب"));
    assert_eq!(word.len(), 3);
    assert!(word[0] != word[1] && word[1] != word[2] && word[0] != word[2], "final, medial and initial form differ");
    assert!(!word.contains(&alone[0]), "no letter of a word has the form that it has alone");
}

#[test]
fn a_character_that_no_font_has_is_spelled_and_never_a_box() {
    let editor = editor_with_fonts();
    // A private character: the harness panics where a missing glyph is drawn.
    let line = fitted(&editor.harness.ctx, "kick \u{f8d0}2", f32::INFINITY);
    assert!(line.is_spelled());
    assert_eq!(visual(line.galley()), "kick ?2");
}

#[test]
fn a_long_name_keeps_both_ends_in_every_script() {
    let editor = editor_with_fonts();
    for text in NAMES {
        let long = format!("{} 12.wav", [text; 12].join(" "));
        let line = fitted(&editor.harness.ctx, &long, 150.0);
        assert!(line.is_cut() && line.galley().size().x <= 150.0, "{text}");
        assert!(line.galley().size().x > 120.0, "{text}: the room is used");
        let shown = visual(line.galley());
        assert!(shown.contains('…') && shown.contains("12") && shown.ends_with(".wav"), "{shown}");
    }
}

#[test]
fn a_message_with_a_long_name_stays_short() {
    let editor = editor_with_fonts();
    let text = format!("“{}” is now on corner B.", ["תוף"; 300].join(" "));
    let message = name::message(&editor.harness.ctx, &text, &theme::body(13.0), Color32::WHITE, 400.0, 4);
    assert!(message.is_cut() && message.galley().rows.len() <= 4, "{} rows", message.galley().rows.len());
    assert!(message.galley().size().x <= 400.0 && visual(message.galley()).ends_with("corner B."));
}

#[test]
fn the_whole_of_a_cut_name_is_in_a_tooltip() {
    let mut editor = EditorHarness::open(1.0, false);
    let whole = "A very long name of a sound that was recorded in a large hall 12";
    editor.session.store.apply(Edit::set_corner(0, SoundState::new(whole, [0.0; 7])));
    editor.harness.run_steps(2);
    assert!(editor.harness.query_by_label(whole).is_none());
    let pad = editor.harness.get_by_label("Pad").rect();
    editor.harness.hover_at(pad.left_top() + vec2(60.0, 17.0));
    editor.harness.run_steps(40);
    assert!(editor.harness.query_by_label(whole).is_some(), "the tooltip has the name");
}
