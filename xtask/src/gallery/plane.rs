//! The plane that separates categories best: spanned by the two directions in which the categories' means differ most.
//! These are the principal axes of the means, each mean weighted by the number of its sounds.

use std::collections::BTreeMap;

use super::pack::{AXES, Latent, Sound};

type Vector = [f64; AXES];
type Matrix = [Vector; AXES];
/// Sweeps of the Jacobi method; seven axes settle in fewer than ten.
const SWEEPS: usize = 30;

/// Two directions through the mean of all sounds.
pub struct Plane {
    mean: Vector,
    axes: [Vector; 2],
    /// How much of the variance between categories the plane shows, 0 to 1.
    pub of_categories: f64,
    /// How much of the variance of all sounds it shows, 0 to 1.
    pub of_all: f64,
}

impl Plane {
    /// Finds the plane.
    pub fn of(sounds: &[Sound]) -> Self {
        let mean = mean(sounds);
        let mut groups: BTreeMap<&str, Vec<&Sound>> = BTreeMap::new();
        sounds.iter().for_each(|sound| groups.entry(&sound.category).or_default().push(sound));
        let means = groups.values().map(|group| (self::mean(group.iter().copied()), group.len() as f64));
        let between = scatter(means, &mean);
        let all = scatter(sounds.iter().map(|sound| (wide(&sound.latent), 1.0)), &mean);
        let axes = two_largest(&between);
        let share = |matrix: &Matrix| {
            let shown: f64 = axes.iter().map(|axis| dot(axis, &product(matrix, axis))).sum();
            shown / (0..AXES).map(|i| matrix[i][i]).sum::<f64>().max(f64::MIN_POSITIVE)
        };
        Self { mean, axes, of_categories: share(&between), of_all: share(&all) }
    }

    /// Where a point falls, in σ right of and above the mean of all sounds.
    pub fn place(&self, latent: &Latent) -> [f32; 2] {
        let mut point = wide(latent);
        point.iter_mut().zip(self.mean).for_each(|(value, mean)| *value -= mean);
        self.axes.map(|axis| dot(&axis, &point) as f32)
    }

    /// Which way a turn of one knob by 1 σ leads.
    pub fn lead(&self, knob: usize) -> [f32; 2] {
        self.axes.map(|axis| axis[knob] as f32)
    }
}

fn wide(latent: &Latent) -> Vector {
    latent.map(f64::from)
}

fn mean<'a>(sounds: impl IntoIterator<Item = &'a Sound>) -> Vector {
    let (mut sum, mut count) = ([0.0; AXES], 0.0_f64);
    for sound in sounds {
        sum.iter_mut().zip(wide(&sound.latent)).for_each(|(sum, value)| *sum += value);
        count += 1.0;
    }
    sum.map(|sum| sum / count.max(1.0))
}

/// Sum of weighted squares and products of what differs from `mean`.
fn scatter(points: impl Iterator<Item = (Vector, f64)>, mean: &Vector) -> Matrix {
    let mut sum = [[0.0; AXES]; AXES];
    for (point, weight) in points {
        for (row, line) in sum.iter_mut().enumerate() {
            for (column, value) in line.iter_mut().enumerate() {
                *value += weight * (point[row] - mean[row]) * (point[column] - mean[column]);
            }
        }
    }
    sum
}

fn dot(a: &Vector, b: &Vector) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn product(matrix: &Matrix, vector: &Vector) -> Vector {
    std::array::from_fn(|row| dot(&matrix[row], vector))
}

/// The eigenvectors of the two largest eigenvalues, each turned so that its largest part is positive.
fn two_largest(matrix: &Matrix) -> [Vector; 2] {
    let (mut values, mut vectors) = (*matrix, identity());
    for _ in 0..SWEEPS {
        for (p, q) in (0..AXES).flat_map(|p| (p + 1..AXES).map(move |q| (p, q))) {
            rotate(&mut values, &mut vectors, p, q);
        }
    }
    let mut order: Vec<usize> = (0..AXES).collect();
    order.sort_by(|&a, &b| values[b][b].total_cmp(&values[a][a]));
    [order[0], order[1]].map(|index| {
        let vector: Vector = std::array::from_fn(|row| vectors[row][index]);
        let largest = vector.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap_or(1.0);
        vector.map(|value| value * largest.signum())
    })
}

fn identity() -> Matrix {
    std::array::from_fn(|row| std::array::from_fn(|column| f64::from(u8::from(row == column))))
}

/// One rotation of the Jacobi method, which makes element (p, q) 0 (Golub and Van Loan, Matrix Computations, 8.5).
fn rotate(values: &mut Matrix, vectors: &mut Matrix, p: usize, q: usize) {
    if values[p][q] == 0.0 {
        return;
    }
    let tau = (values[q][q] - values[p][p]) / (2.0 * values[p][q]);
    let tangent = if tau >= 0.0 { 1.0 } else { -1.0 } / (tau.abs() + tau.hypot(1.0));
    let cosine = 1.0 / tangent.hypot(1.0);
    let sine = tangent * cosine;
    let turn =
        |line: &mut Vector| (line[p], line[q]) = (cosine * line[p] - sine * line[q], sine * line[p] + cosine * line[q]);
    values.iter_mut().for_each(turn);
    let (upper, lower) = (values[p], values[q]);
    values[p] = std::array::from_fn(|i| cosine * upper[i] - sine * lower[i]);
    values[q] = std::array::from_fn(|i| sine * upper[i] + cosine * lower[i]);
    vectors.iter_mut().for_each(turn);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound(category: &str, latent: Latent) -> Sound {
        Sound { name: String::new(), category: category.to_owned(), latent, key: 60 }
    }

    #[test]
    fn the_plane_shows_what_parts_categories_and_not_what_is_merely_wide() {
        // Axis 0 is widest but the same in all categories; they differ along 2 and, less, along the diagonal of 4 and 5.
        let mut sounds = Vec::new();
        for wide in [-9.0, 9.0] {
            sounds.push(sound("a", [wide, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0]));
            sounds.push(sound("b", [wide, 0.0, -2.0, 0.0, 0.0, 0.0, 0.0]));
            sounds.push(sound("c", [wide, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0]));
            sounds.push(sound("d", [wide, 0.0, 0.0, 0.0, -1.0, -1.0, 0.0]));
        }
        let plane = Plane::of(&sounds);
        assert!((plane.of_categories - 1.0).abs() < 1e-12, "{}", plane.of_categories);
        assert!((plane.of_all - 3.0 / 84.0).abs() < 1e-12, "{}", plane.of_all);
        let near = |found: [f32; 2], expected: [f32; 2]| found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6);
        assert!(near(plane.place(&[5.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0]), [2.0, 0.0]));
        assert!(near(plane.place(&[0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0]), [0.0, 2.0_f32.sqrt()]));
        assert!(near(plane.lead(2), [1.0, 0.0]) && near(plane.lead(4), [0.0, 0.5_f32.sqrt()]));
    }
}
