//! Cholesky's decomposition of matrices as large as the latent space. Any thread but the audio thread.

use crate::units::MODEL_LATENTS;

/// Rows of a square matrix.
pub(crate) type Matrix = [[f64; MODEL_LATENTS]; MODEL_LATENTS];

/// The lower triangle whose product with its transpose is a symmetric `matrix`, of which only the lower triangle is read; what lies above
/// it is left as it is. None where the matrix is not positive definite.
pub(crate) fn lower_triangle(matrix: &Matrix) -> Option<Matrix> {
    let mut lower = *matrix;
    for row in 0..MODEL_LATENTS {
        for column in 0..=row {
            let known: f64 = (0..column).map(|k| lower[row][k] * lower[column][k]).sum();
            let rest = lower[row][column] - known;
            lower[row][column] =
                if row == column { (rest > 0.0).then(|| rest.sqrt())? } else { rest / lower[column][column] };
        }
    }
    Some(lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_is_taken_apart_again() {
        let wanted: Matrix = std::array::from_fn(|row| {
            std::array::from_fn(|column| if column <= row { 1.0 + (row * 3 + column) as f64 * 0.2 } else { 0.0 })
        });
        let product: Matrix = std::array::from_fn(|row| {
            std::array::from_fn(|column| (0..MODEL_LATENTS).map(|k| wanted[row][k] * wanted[column][k]).sum())
        });
        let found = lower_triangle(&product).expect("positive definite");
        for (row, column) in (0..MODEL_LATENTS).flat_map(|row| (0..=row).map(move |column| (row, column))) {
            assert!((found[row][column] - wanted[row][column]).abs() < 1e-6, "{row}, {column}");
        }
        assert_eq!(lower_triangle(&[[0.0; MODEL_LATENTS]; MODEL_LATENTS]), None);
    }
}
