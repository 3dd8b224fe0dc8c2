//! The map: every named sound of a pack on the plane that parts categories best, in the colours of eight families.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Result;

use super::families::{FAMILIES, colour_of, family_of};
use super::labels::{Candidate, Task};
use super::pack::{Pack, Sound};
use super::plane::Plane;
use crate::canvas::{Area, Canvas, Place, Words};
use crate::look::{AMBER, DIM, Fonts, GROUND, LINE, TEXT, WELL};

const WIDTH: usize = 1800;
const HEIGHT: usize = 1240;
/// Where sounds are.
const SKY: Area = Area { left: 40.0, top: 40.0, width: 1270.0, height: 1160.0 };
/// Left edge of the column beside it.
const COLUMN: f32 = 1356.0;
const COLUMN_WIDTH: f32 = WIDTH as f32 - COLUMN - 40.0;
/// Room between the outermost sounds and the edge.
const MARGIN: f32 = 70.0;
const LABEL_SIZE: f32 = 29.0;
const MOST_LABELS: usize = 54;
/// How many other points the name of a typical sound may hide, and that of another: without the first, the crowded middle
/// would have no names.
const MOST_HIDDEN: [usize; 2] = [9, 1];
/// Longer names are left out: they hide more than they tell.
const LONGEST_NAME: usize = 22;
const COMPASS: Place = [COLUMN + COLUMN_WIDTH / 2.0, 1098.0];
const COMPASS_RADIUS: f32 = 96.0;
/// Part of the compass that a knob must lead through to be named.
const NAMED_FROM: f32 = 0.4;

/// Draws the map of a pack.
///
/// # Errors
///
/// Fails if the picture cannot be written.
pub fn draw(path: &Path, pack: &Pack, fonts: &Fonts) -> Result<()> {
    let plane = Plane::of(&pack.sounds);
    let mut canvas = Canvas::new(WIDTH, HEIGHT, GROUND)?;
    canvas.panel(SKY, 16.0, WELL);
    let places = Scale::of(pack, &plane).places(pack, &plane);
    sounds(&mut canvas, pack, &places);
    names(&mut canvas, pack, &places, fonts);
    let y = heading(&mut canvas, pack, &plane, fonts);
    legend(&mut canvas, pack, fonts, y);
    compass(&mut canvas, pack, &plane, fonts);
    canvas.write(path)
}

/// How the plane lies in the picture: the same for both directions, so that distances stay true.
struct Scale {
    pixels_per_sigma: f32,
    middle: [f32; 2],
}

impl Scale {
    fn of(pack: &Pack, plane: &Plane) -> Self {
        let (mut low, mut high) = ([f32::MAX; 2], [f32::MIN; 2]);
        for place in pack.sounds.iter().map(|sound| plane.place(&sound.latent)) {
            for axis in 0..2 {
                low[axis] = low[axis].min(place[axis]);
                high[axis] = high[axis].max(place[axis]);
            }
        }
        let fit = |size: f32, axis: usize| (size - 2.0 * MARGIN) / (high[axis] - low[axis]).max(f32::MIN_POSITIVE);
        let middle = [0, 1].map(|axis| (low[axis] + high[axis]) / 2.0);
        Self { pixels_per_sigma: fit(SKY.width, 0).min(fit(SKY.height, 1)), middle }
    }

    fn places(&self, pack: &Pack, plane: &Plane) -> Vec<Place> {
        let place = |sound: &Sound| {
            let [x, y] = plane.place(&sound.latent);
            let right = (x - self.middle[0]) * self.pixels_per_sigma;
            let up = (y - self.middle[1]) * self.pixels_per_sigma;
            [SKY.left + SKY.width / 2.0 + right, SKY.top + SKY.height / 2.0 - up]
        };
        pack.sounds.iter().map(place).collect()
    }
}

fn sounds(canvas: &mut Canvas, pack: &Pack, places: &[Place]) {
    for (sound, place) in pack.sounds.iter().zip(places) {
        canvas.glow(*place, 30.0, colour_of(&sound.category), 0.17);
    }
    for (sound, place) in pack.sounds.iter().zip(places) {
        canvas.disc(*place, 6.5, WELL, 0.7);
        canvas.disc(*place, 5.0, colour_of(&sound.category), 0.95);
    }
}

/// Writes names where there is room: first the most typical sound of each category, then what lies far out.
fn names(canvas: &mut Canvas, pack: &Pack, places: &[Place], fonts: &Fonts) {
    let written =
        |index: usize| Words { font: &fonts.bold, size: LABEL_SIZE, colour: TEXT, text: pack.sounds[index].kind() };
    let candidates: Vec<Candidate> = by_importance(pack, places)
        .into_iter()
        .map(|(point, most_hidden)| Candidate { point, width: written(point).width(), most_hidden })
        .collect();
    let height = LABEL_SIZE * 0.8;
    let task = Task { points: places, candidates: &candidates, height, within: SKY.grown(-14.0), most: MOST_LABELS };
    for (index, area) in task.place() {
        let point = candidates[index].point;
        let colour = colour_of(&pack.sounds[point].category);
        canvas.disc(places[point], 9.0, WELL, 1.0);
        canvas.disc(places[point], 6.5, colour, 1.0);
        canvas.text_on(written(point), [area.left, area.bottom() - 0.2 * height], WELL, 5.0);
    }
}

/// Sounds in the order in which they deserve a name, and how much it may hide; each kind of sound once.
fn by_importance(pack: &Pack, places: &[Place]) -> Vec<(usize, usize)> {
    let centre: Place = [SKY.left + SKY.width / 2.0, SKY.top + SKY.height / 2.0];
    let far_out = |index: usize| (places[index][0] - centre[0]).hypot(places[index][1] - centre[1]);
    let mut outer: Vec<usize> = (0..places.len()).collect();
    outer.sort_by(|&a, &b| far_out(b).total_cmp(&far_out(a)));
    let mut known = BTreeSet::new();
    let typical = typical(pack, places).into_iter().map(|index| (index, MOST_HIDDEN[0]));
    let all = typical.chain(outer.into_iter().map(|index| (index, MOST_HIDDEN[1])));
    all.filter(|&(index, _)| {
        let kind = pack.sounds[index].kind();
        kind.len() <= LONGEST_NAME && known.insert(kind.to_lowercase())
    })
    .collect()
}

/// For each category the sound nearest to the middle of the category, large categories first.
fn typical(pack: &Pack, places: &[Place]) -> Vec<usize> {
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, sound) in pack.sounds.iter().enumerate() {
        groups.entry(&sound.category).or_default().push(index);
    }
    let mut groups: Vec<Vec<usize>> = groups.into_values().collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    let nearest = |group: &Vec<usize>| {
        let count = group.len() as f32;
        let middle = [0, 1].map(|axis| group.iter().map(|&index| places[index][axis]).sum::<f32>() / count);
        let far = |index: usize| (places[index][0] - middle[0]).hypot(places[index][1] - middle[1]);
        group.iter().copied().min_by(|&a, &b| far(a).total_cmp(&far(b)))
    };
    groups.iter().filter_map(nearest).collect()
}

/// What the picture shows, in words; gives the height below.
fn heading(canvas: &mut Canvas, pack: &Pack, plane: &Plane, fonts: &Fonts) -> f32 {
    let title = format!("{} sounds", pack.sounds.len());
    canvas.text(Words { font: &fonts.bold, size: 70.0, colour: AMBER, text: &title }, [COLUMN, 92.0]);
    let percent = |share: f64| (100.0 * share).round();
    let text = format!(
        "Seven latents on the plane where the averages of the categories lie furthest apart. It shows {} % of what parts \
         the categories and {} % of all variance.",
        percent(plane.of_categories),
        percent(plane.of_all)
    );
    canvas.paragraph(
        Words { font: &fonts.body, size: 28.0, colour: DIM, text: &text },
        [COLUMN, 140.0],
        COLUMN_WIDTH,
        33.0,
    )
}

/// Each family's colour, name and categories.
fn legend(canvas: &mut Canvas, pack: &Pack, fonts: &Fonts, top: f32) {
    let mut y = top + 30.0;
    for family in &FAMILIES {
        canvas.glow([COLUMN + 10.0, y - 9.0], 26.0, family.colour, 0.4);
        canvas.disc([COLUMN + 10.0, y - 9.0], 8.0, family.colour, 1.0);
        let name = Words { font: &fonts.bold, size: 31.0, colour: TEXT, text: family.name };
        canvas.text(name, [COLUMN + 34.0, y]);
        let text = family.categories.join(", ");
        let categories = Words { font: &fonts.body, size: 25.0, colour: DIM, text: &text };
        y = canvas.paragraph(categories, [COLUMN + 34.0, y + 29.0], COLUMN_WIDTH - 34.0, 28.0) + 16.0;
    }
    if pack.sounds.iter().any(|sound| family_of(&sound.category).is_none()) {
        canvas.disc([COLUMN + 10.0, y - 9.0], 8.0, DIM, 1.0);
        canvas.text(Words { font: &fonts.bold, size: 31.0, colour: TEXT, text: "Others" }, [COLUMN + 34.0, y]);
    }
}

/// Which way the knobs lead that are named after what they do. Those that hardly move on this plane get no name: there is no room.
fn compass(canvas: &mut Canvas, pack: &Pack, plane: &Plane, fonts: &Fonts) {
    let title = Words { font: &fonts.bold, size: 31.0, colour: TEXT, text: "Where the knobs lead" };
    canvas.text(title, [COLUMN, COMPASS[1] - COMPASS_RADIUS - 34.0]);
    canvas.ring(COMPASS, COMPASS_RADIUS, 2.0, LINE);
    for (knob, name) in pack.named_knobs() {
        let [right, up] = plane.lead(knob);
        let tip = [COMPASS[0] + COMPASS_RADIUS * right, COMPASS[1] - COMPASS_RADIUS * up];
        canvas.line(COMPASS, tip, 4.0, AMBER);
        canvas.disc(tip, 6.0, AMBER, 1.0);
        if right.hypot(up) < NAMED_FROM {
            continue;
        }
        let words = Words { font: &fonts.bold, size: 27.0, colour: TEXT, text: name };
        let left = if right < 0.0 { tip[0] - 12.0 - words.width() } else { tip[0] + 12.0 };
        canvas.text_on(words, [left, tip[1] + 8.0], GROUND, 3.0);
    }
    canvas.disc(COMPASS, 4.0, TEXT, 1.0);
}
