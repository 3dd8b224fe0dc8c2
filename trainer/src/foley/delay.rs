//! Codes in the order in which the prior gives them: each level one step after the level before it (Copet and others, "Simple and controllable
//! music generation", 2023), so that a code knows all codes of its position that it refines.

use tch::{Kind, Tensor};

/// Target of a step that gives no code.
pub const NO_TARGET: i64 = -100;

/// What the prior takes and what it is to give, both `[clip, step, level]`, of codes `[clip, position, level]` out of `codes`: there are as many
/// steps as positions and levels together, less one. `codes` itself stands for no code.
pub fn delayed(places: &Tensor, codes: i64) -> (Tensor, Tensor) {
    let size = places.size();
    let (clips, positions, levels) = (size[0], size[1], size[2]);
    let steps = positions + levels - 1;
    let filled = |level: i64, before: i64, value: i64| {
        let none = |count: i64| Tensor::full([clips, count], value, (Kind::Int64, places.device()));
        let after = (steps - positions - before).max(0);
        Tensor::cat(&[none(before), places.select(2, level), none(after)], 1).narrow(1, 0, steps)
    };
    let taken: Vec<Tensor> = (0..levels).map(|level| filled(level, level + 1, codes)).collect();
    let given: Vec<Tensor> = (0..levels).map(|level| filled(level, level, NO_TARGET)).collect();
    (Tensor::stack(&taken, 2), Tensor::stack(&given, 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_level_comes_a_step_after_the_one_before_and_is_taken_a_step_after_it_is_given() {
        let places = Tensor::from_slice(&[1i64, 11, 21, 2, 12, 22]).view([1, 2, 3]);
        let (taken, given) = delayed(&places, 99);
        let rows = |x: &Tensor| Vec::<Vec<i64>>::try_from(x.get(0)).expect("rows");
        let no = NO_TARGET;
        assert_eq!(rows(&given), [[1, no, no], [2, 11, no], [no, 12, 21], [no, no, 22]]);
        assert_eq!(rows(&taken), [[99, 99, 99], [1, 99, 99], [2, 11, 99], [99, 12, 21]]);
    }
}
