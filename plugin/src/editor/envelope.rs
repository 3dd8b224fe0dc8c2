//! An envelope as a curve whose corners can be dragged. Widths follow the knobs' turns rather than seconds, so that every stage stays
//! visible. Main thread.

use egui::{Mesh, Pos2, Rect, Sense, Shape, Stroke, Ui, pos2, vec2};

use super::gestures::ParamGestures;
use super::theme::{self, AMBER, TEXT};
use crate::params::ParamId;

/// Points from a corner within which a press takes it.
const REACH: f32 = 14.0;
/// Points of a drawn stage: enough for a smooth curve in the widest picture.
const STAGE_POINTS: usize = 24;
/// Part of the width that the timed stages may have together; the rest is the sustain.
const TIMED_PART: f32 = 0.86;
/// 60 dB as a natural logarithm: how far a stage falls, ln 1000.
const FALL_NEPER: f32 = 6.9;

/// The parameters of an envelope.
#[derive(Debug, Clone, Copy)]
pub struct Stages {
    /// Time before the attack, if it has one.
    pub delay: Option<&'static str>,
    /// Times of attack, hold, decay and release.
    pub times: [&'static str; 4],
    /// Level of the sustain.
    pub sustain: &'static str,
    /// Curves of the attack and of the falls, if it has any.
    pub curves: Option<[&'static str; 2]>,
}

/// The amplitude envelope.
pub const AMP: Stages = Stages {
    delay: Some("amp_delay"),
    times: ["attack", "amp_hold", "decay", "release"],
    sustain: "sustain",
    curves: Some(["attack_curve", "fall_curve"]),
};

/// The second envelope.
pub const SECOND: Stages = Stages {
    delay: Some("env2_delay"),
    times: ["env2_attack", "env2_hold", "env2_decay", "env2_release"],
    sustain: "env2_sustain",
    curves: None,
};

/// The parameters by their ids.
struct Ids {
    delay: Option<ParamId>,
    times: [ParamId; 4],
    sustain: ParamId,
    curves: Option<[ParamId; 2]>,
}

impl Ids {
    fn of(stages: &Stages) -> Option<Self> {
        let [attack, hold, decay, release] = stages.times.map(ParamId::named);
        Some(Self {
            delay: stages.delay.and_then(ParamId::named),
            times: [attack?, hold?, decay?, release?],
            sustain: ParamId::named(stages.sustain)?,
            curves: stages.curves.and_then(|[attack, fall]| Some([ParamId::named(attack)?, ParamId::named(fall)?])),
        })
    }

    /// Largest width of a timed stage in a picture `width` points wide.
    fn stage(&self, width: f32) -> f32 {
        width * TIMED_PART / (self.times.len() + usize::from(self.delay.is_some())) as f32
    }

    /// The curves of the attack and of the falls, [−1, 1].
    fn bends(&self, gestures: &ParamGestures) -> [f32; 2] {
        self.curves.map_or([0.0; 2], |ids| ids.map(|id| 2.0 * gestures.normalized(id) - 1.0))
    }
}

/// Where the stages end.
struct Corners {
    start: Pos2,
    delay: Pos2,
    attack: Pos2,
    hold: Pos2,
    decay: Pos2,
    release: Pos2,
    end: Pos2,
}

/// Draws the envelope and lets its corners be dragged.
pub fn show(ui: &Ui, rect: Rect, stages: &Stages, gestures: &mut ParamGestures) {
    let painter = ui.painter();
    theme::well(painter, rect);
    let room = rect.shrink(8.0);
    let Some(ids) = Ids::of(stages) else { return };
    let stage = ids.stage(room.width());
    let corners = corners(room, &ids, gestures);
    paint(ui, room, &corners, ids.bends(gestures));
    let [attack, hold, decay, release] = ids.times;
    let sustain = ids.sustain;
    let timed = [
        ("Attack", corners.attack, attack, None, 1.0),
        ("Hold", corners.hold, hold, None, 1.0),
        ("Decay and sustain", corners.decay, decay, Some(sustain), 1.0),
        ("Release", corners.release, release, None, -1.0),
    ];
    let handles = ids.delay.map(|delay| ("Delay", corners.delay, delay, None, 1.0)).into_iter().chain(timed);
    // Corners may lie on each other: the last one drawn is taken, and of stages of no length that is the one that the user can widen.
    for (name, place, id, level, direction) in handles {
        let area = Rect::from_center_size(place, vec2(REACH, REACH));
        let response = ui.interact(area, ui.scope_id().with(("corner", id)), Sense::click_and_drag());
        response.widget_info(|| {
            let name = format!("{name} of the {} curve", gestures.param(sustain).name());
            egui::WidgetInfo::slider(true, f64::from(gestures.normalized(id)), name)
        });
        let moved = response.drag_delta();
        drag(&response, id, moved.x * direction / stage, gestures);
        if let Some(level) = level {
            drag(&response, level, -moved.y / room.height(), gestures);
        }
        super::turn::nudge(ui, &response, id, gestures);
        let lit = response.hovered() || response.has_focus() || gestures.holds(id);
        ui.painter().circle_filled(place, if lit { 5.0 } else { 3.5 }, if lit { TEXT } else { AMBER });
    }
}

fn drag(response: &egui::Response, id: ParamId, by: f32, gestures: &mut ParamGestures) {
    if response.drag_started_by(egui::PointerButton::Primary) {
        response.request_focus();
        gestures.take(id);
    }
    if response.dragged_by(egui::PointerButton::Primary) {
        gestures.drag_to(id, gestures.normalized(id) + by);
    }
    if response.drag_stopped() {
        gestures.release(id);
    }
    if response.double_clicked() {
        gestures.reset(id);
    }
}

/// Draws an envelope that cannot be dragged.
pub fn picture(ui: &Ui, rect: Rect, stages: &Stages, gestures: &ParamGestures) {
    theme::well(ui.painter(), rect);
    let room = rect.shrink(8.0);
    if let Some(ids) = Ids::of(stages) {
        paint(ui, room, &corners(room, &ids, gestures), [0.0; 2]);
    }
}

fn corners(room: Rect, ids: &Ids, gestures: &ParamGestures) -> Corners {
    let stage = ids.stage(room.width());
    let turns = ids.times.map(|id| gestures.normalized(id) * stage);
    let level = egui::lerp(room.max.y..=room.min.y, gestures.normalized(ids.sustain));
    let delay = room.min.x + ids.delay.map_or(0.0, |id| gestures.normalized(id) * stage);
    let attack = delay + turns[0];
    let hold = attack + turns[1];
    let decay = hold + turns[2];
    Corners {
        start: room.left_bottom(),
        delay: pos2(delay, room.max.y),
        attack: pos2(attack, room.min.y),
        hold: pos2(hold, room.min.y),
        decay: pos2(decay, level),
        release: pos2(room.max.x - turns[3], level),
        end: room.right_bottom(),
    }
}

fn paint(ui: &Ui, room: Rect, corners: &Corners, [attack_bend, fall_bend]: [f32; 2]) {
    let mut points = vec![corners.start, corners.delay];
    // A curve above 0 rises slowly at first: level = t to the power of 4 to the curve.
    stage(&mut points, corners.delay, corners.attack, |t| t.powf(4.0f32.powf(attack_bend)));
    points.push(corners.hold);
    let fall = |t: f32| falling(t, fall_bend);
    stage(&mut points, corners.hold, corners.decay, fall);
    points.push(corners.release);
    stage(&mut points, corners.release, corners.end, fall);
    let mut mesh = Mesh::default();
    for point in &points {
        mesh.colored_vertex(*point, theme::faded(AMBER, 0.22));
        mesh.colored_vertex(pos2(point.x, room.max.y), theme::faded(AMBER, 0.02));
    }
    for stage in 0..points.len() as u32 - 1 {
        mesh.add_triangle(2 * stage, 2 * stage + 1, 2 * stage + 2);
        mesh.add_triangle(2 * stage + 1, 2 * stage + 2, 2 * stage + 3);
    }
    ui.painter().add(Shape::mesh(mesh));
    ui.painter().line(points, Stroke::new(1.5, AMBER));
}

/// Part of an exponential fall that is done at the part `t` of its time.
fn falling(t: f32, bend: f32) -> f32 {
    let neper = FALL_NEPER * (1.0 - bend).max(0.003);
    (1.0 - (-neper * t).exp()) / (1.0 - (-neper).exp())
}

fn stage(points: &mut Vec<Pos2>, from: Pos2, to: Pos2, done: impl Fn(f32) -> f32) {
    points.extend((1..=STAGE_POINTS).map(|step| {
        let t = step as f32 / STAGE_POINTS as f32;
        pos2(egui::lerp(from.x..=to.x, t), egui::lerp(from.y..=to.y, done(t)))
    }));
}
