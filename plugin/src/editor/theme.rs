//! Colours, fonts, spacing and shared shapes of the editor. Main thread. Amber stands for the knobs' sound, teal for the pad's; a mix of
//! the sounds has a mix of the colours. The layout is on a grid of 8 points.
//!
//! Colours and widths of lines were chosen by eye on the pictures in `tests/snapshots`, at 100 % and 200 %. Text has a contrast of at
//! least 4.8 : 1 to every ground it stands on, above the 4.5 : 1 that WCAG 2 asks of body text. [`FAINT`] alone has less, 4.1 : 1 on
//! panels, and is for units, hints and headings.

use std::sync::Arc;

use egui::{
    Align2, Color32, Context, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Mesh, Painter, Pos2, Rect,
    Shape, Stroke, StrokeKind, Style, Vec2, vec2,
};

use crate::system_fonts::SystemFonts;

/// Window background.
pub const GROUND: Color32 = Color32::from_rgb(0x13, 0x0f, 0x0d);
/// Panels.
pub const PANEL: Color32 = Color32::from_rgb(0x1c, 0x17, 0x14);
/// Recessed areas: screens, fields, tracks.
pub const WELL: Color32 = Color32::from_rgb(0x0d, 0x0a, 0x09);
/// Raised areas: knobs, buttons, messages.
pub const RAISED: Color32 = Color32::from_rgb(0x2a, 0x23, 0x1e);
/// Raised areas under the pointer.
pub const RAISED_HOVER: Color32 = Color32::from_rgb(0x36, 0x2d, 0x27);
/// Hairlines.
pub const LINE: Color32 = Color32::from_rgb(0x3a, 0x30, 0x2a);
/// Main text.
pub const TEXT: Color32 = Color32::from_rgb(0xf0, 0xe6, 0xd8);
/// Labels.
pub const DIM: Color32 = Color32::from_rgb(0xb3, 0xa3, 0x93);
/// Secondary text: units, hints, status.
pub const FAINT: Color32 = Color32::from_rgb(0x85, 0x76, 0x6a);
/// The knobs' colour.
pub const AMBER: Color32 = Color32::from_rgb(0xff, 0xb0, 0x4f);
/// The pad's colour.
pub const TEAL: Color32 = Color32::from_rgb(0x5f, 0xd0, 0xc4);
/// Errors and overload.
pub const RED: Color32 = Color32::from_rgb(0xff, 0x6a, 0x55);

/// Unit of the layout grid in points.
pub const GRID: f32 = 8.0;
/// Corner radius of panels.
pub const PANEL_ROUND: CornerRadius = CornerRadius::same(8);
/// Corner radius of items in panels.
pub const ITEM_ROUND: CornerRadius = CornerRadius::same(4);

const BOLD: &str = "heptode-bold";

/// Midpoint between amber and teal. Linear interpolation would give a dark olive.
const HALFWAY: Color32 = Color32::from_rgb(0xee, 0xe2, 0xb4);

/// Colour of a sound between knobs (0, amber) and pad (1, teal).
pub fn between(morph: f32) -> Color32 {
    let place = 2.0 * morph.clamp(0.0, 1.0);
    if place < 1.0 { AMBER.lerp_to_gamma(HALFWAY, place) } else { HALFWAY.lerp_to_gamma(TEAL, place - 1.0) }
}

/// A colour with its opacity multiplied by `strength`, [0, 1].
pub fn faded(color: Color32, strength: f32) -> Color32 {
    color.gamma_multiply(strength)
}

/// Body text of a size in points.
pub fn body(size: f32) -> FontId {
    FontId::new(size, FontFamily::Proportional)
}

/// Headings, names and values of a size in points.
pub fn bold(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(BOLD.into()))
}

/// Installs fonts and colours in a new context.
pub fn install(context: &Context) {
    context.set_fonts(fonts());
    context.add_font_provider(Arc::new(SystemFonts));
    context.set_theme(egui::Theme::Dark);
    context.all_styles_mut(style);
    // Ctrl + and Ctrl − belong to the host; the editor's scale has a control of its own.
    context.options_mut(|options| options.zoom_with_keyboard = false);
}

fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let medium = FontData::from_static(include_bytes!("../../../assets/fonts/Barlow-Medium.ttf"));
    let semibold = FontData::from_static(include_bytes!("../../../assets/fonts/Barlow-SemiBold.ttf"));
    fonts.font_data.insert("medium".to_owned(), Arc::new(medium));
    fonts.font_data.insert("semibold".to_owned(), Arc::new(semibold));
    // egui's fonts come after Barlow, for characters that it lacks, such as σ; after them the system's are asked.
    let fallback = fonts.families.get(&FontFamily::Proportional).cloned().unwrap_or_default();
    let with_first = |first: &str| std::iter::once(first.to_owned()).chain(fallback.iter().cloned()).collect();
    let (medium_first, semibold_first) = (with_first("medium"), with_first("semibold"));
    fonts.families.insert(FontFamily::Proportional, medium_first);
    fonts.families.insert(FontFamily::Name(BOLD.into()), semibold_first);
    fonts
}

fn style(style: &mut Style) {
    let visuals = &mut style.visuals;
    visuals.override_text_color = Some(TEXT);
    // Hinting would close the gap below the dots of small letters.
    visuals.text_options.font_hinting = false;
    visuals.panel_fill = GROUND;
    visuals.window_fill = PANEL;
    visuals.window_stroke = Stroke::new(1.0, LINE);
    visuals.extreme_bg_color = WELL;
    visuals.selection.bg_fill = faded(AMBER, 0.35);
    visuals.selection.stroke = Stroke::new(1.0, TEXT);
    visuals.widgets.inactive.bg_fill = RAISED;
    visuals.widgets.inactive.weak_bg_fill = RAISED;
    visuals.widgets.inactive.bg_stroke = Stroke::NONE;
    visuals.widgets.hovered.bg_fill = RAISED_HOVER;
    visuals.widgets.hovered.weak_bg_fill = RAISED_HOVER;
    visuals.widgets.hovered.bg_stroke = Stroke::new(1.0, faded(AMBER, 0.5));
    visuals.widgets.active.bg_fill = RAISED_HOVER;
    visuals.widgets.active.weak_bg_fill = RAISED_HOVER;
    visuals.widgets.active.bg_stroke = Stroke::new(1.0, AMBER);
    style.spacing.item_spacing = vec2(GRID, GRID / 2.0);
    style.spacing.scroll = egui::style::ScrollStyle::thin();
    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.6;
    for font in style.text_styles.values_mut() {
        font.size = 13.0;
    }
}

/// Selects the whole text, of `length` letters, of a text field.
pub fn select_all(context: &Context, id: egui::Id, length: usize) {
    let mut state = egui::text_edit::TextEditState::load(context, id).unwrap_or_default();
    let all = egui::text::CCursorRange::two(egui::text::CCursor::new(0), egui::text::CCursor::new(length));
    state.cursor.set_char_range(Some(all));
    state.store(context, id);
}

/// Draws a panel with its heading at the top left.
pub fn panel(painter: &Painter, rect: Rect, heading: &str) {
    painter.rect(rect, PANEL_ROUND, PANEL, Stroke::new(1.0, faded(LINE, 0.6)), StrokeKind::Inside);
    painter.text(rect.min + vec2(12.0, 10.0), Align2::LEFT_TOP, heading.to_uppercase(), bold(11.0), FAINT);
}

/// Dims what was drawn in a place: it is not heard.
pub fn dim(painter: &Painter, rect: Rect) {
    painter.rect_filled(rect.shrink(1.0), ITEM_ROUND, faded(PANEL, 0.5));
}

/// Draws the background of a screen or track.
pub fn well(painter: &Painter, rect: Rect) {
    painter.rect(rect, ITEM_ROUND, WELL, Stroke::new(1.0, faded(LINE, 0.7)), StrokeKind::Inside);
}

/// Draws a disc whose colour fades to transparent at `radius`.
pub fn glow(painter: &Painter, center: Pos2, radius: f32, color: Color32) {
    const STEPS: u32 = 40;
    let mut mesh = Mesh::default();
    mesh.colored_vertex(center, color);
    for step in 0..STEPS {
        let angle = std::f32::consts::TAU * step as f32 / STEPS as f32;
        mesh.colored_vertex(center + radius * Vec2::angled(angle), Color32::TRANSPARENT);
        mesh.add_triangle(0, 1 + step, 1 + (step + 1) % STEPS);
    }
    painter.add(Shape::mesh(mesh));
}

/// Draws a line with a glow: a wide faint line below a narrow bright one.
pub fn glowing_line(painter: &Painter, points: Vec<Pos2>, width: f32, color: Color32) {
    painter.line(points.clone(), Stroke::new(width * 3.2, faded(color, 0.13)));
    painter.line(points, Stroke::new(width, color));
}

/// Points of an arc, angles in radians clockwise from the right.
pub fn arc(center: Pos2, radius: f32, from: f32, to: f32) -> Vec<Pos2> {
    // Steps of about four degrees look smooth at every scale.
    let steps = ((to - from).abs() / 0.07).ceil().max(1.0) as usize;
    (0..=steps).map(|step| center + radius * Vec2::angled(egui::lerp(from..=to, step as f32 / steps as f32))).collect()
}

/// Draws the logo: a heptode's circuit symbol with plate, five grids and cathode.
pub fn mark(painter: &Painter, center: Pos2, radius: f32) {
    glow(painter, center + vec2(0.0, radius * 0.3), radius * 1.5, faded(AMBER, 0.3));
    painter.circle_stroke(center, radius, Stroke::new(1.5, DIM));
    let across = |y: f32, half: f32, stroke: Stroke| {
        painter.hline(center.x - half * radius..=center.x + half * radius, center.y + y * radius, stroke);
    };
    across(-0.55, 0.4, Stroke::new(2.0, TEXT));
    for grid in 0..5 {
        let y = -0.3 + 0.17 * grid as f32;
        for dash in [-0.42, 0.0, 0.42] {
            let x = center.x + dash * radius;
            let stroke = Stroke::new(1.0, faded(AMBER, 0.9));
            painter.hline(x - 0.13 * radius..=x + 0.13 * radius, center.y + y * radius, stroke);
        }
    }
    across(0.6, 0.4, Stroke::new(2.0, AMBER));
}
