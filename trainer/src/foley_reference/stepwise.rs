//! A PixelSNAIL one position at a time: each layer keeps the rows that its kernel still needs, attention its keys and values.

use tch::{Device, Kind, Tensor};

use super::attention::{Attention, Zen};
use super::gated::{Causal, Gated};
use super::layers::Layer;
use super::pixelsnail::{Block, PixelSnail};

/// The last rows of what a causal convolution hears, with the zeros at its sides.
#[derive(Debug)]
struct Rows {
    /// `[clip, channel, kernel, column + kernel − 1]`.
    rows: Tensor,
    kernel: i64,
}

impl Rows {
    fn new(clips: i64, channels: i64, kernel: i64, columns: i64, device: Device) -> Self {
        Self { rows: Tensor::zeros([clips, channels, kernel, columns + kernel - 1], (Kind::Float, device)), kernel }
    }

    /// Makes room for a new row.
    fn next_row(&mut self) {
        self.rows = self.rows.narrow(2, 1, self.kernel - 1).constant_pad_nd([0, 0, 0, 1]);
    }

    /// Takes in a position, `[clip, channel, 1, 1]`, and gives what the convolution hears there.
    fn take(&mut self, x: &Tensor, column: i64) -> Tensor {
        let side = self.kernel / 2;
        self.rows.narrow(2, self.kernel - 1, 1).narrow(3, column + side, 1).copy_(x);
        self.rows.narrow(3, column, self.kernel)
    }
}

/// A gated block and what its two layers have heard.
#[derive(Debug)]
struct GatedSteps {
    block: Gated<Causal>,
    heard: [Rows; 2],
}

impl GatedSteps {
    fn step(&mut self, x: &Tensor, class: &Tensor, column: i64) -> Tensor {
        let inside = self.block.first.forward_padded(&self.heard[0].take(&x.elu(), column));
        let second = self.block.second.forward_padded(&self.heard[1].take(&inside.elu(), column));
        self.block.end(x, &second, class)
    }
}

/// Attention, the keys and values so far, and in zen mode the last positions and what was spread over the next ones.
#[derive(Debug)]
struct AttentionSteps {
    attention: Attention,
    /// `[clip, place, channel]`, of which the first `count` are set.
    keys: Tensor,
    values: Tensor,
    count: i64,
    /// Queries, keys and values of the last positions, `[clip, factor, channel]` each.
    recent: Option<[Tensor; 3]>,
    spread: Option<Tensor>,
}

impl AttentionSteps {
    fn new(attention: Attention, clips: i64, positions: i64, device: Device) -> Self {
        let channels = attention.query.weight().size()[0];
        let zeros = |count: i64| Tensor::zeros([clips, count, channels], (Kind::Float, device));
        let factor = attention.zen.as_ref().map(Zen::factor);
        let places = (positions - 1) / factor.unwrap_or(1) + 1;
        Self {
            attention,
            keys: zeros(places),
            values: zeros(places),
            count: 0,
            recent: factor.map(|factor| [zeros(factor), zeros(factor), zeros(factor)]),
            spread: None,
        }
    }

    /// Takes in a key and a value, and hears all so far by a query, `[clip, 1, channel]` each.
    fn hear(&mut self, [query, key, value]: [&Tensor; 3]) -> Tensor {
        self.keys.narrow(1, self.count, 1).copy_(key);
        self.values.narrow(1, self.count, 1).copy_(value);
        self.count += 1;
        self.attention.attend_last(query, &self.keys.narrow(1, 0, self.count), &self.values.narrow(1, 0, self.count))
    }

    /// `[clip, channel, 1, 1]` of the query and the key → `[clip, channel, 1, 1]`.
    fn step(&mut self, asked: &Tensor, heard: &Tensor, position: i64) -> Tensor {
        let in_line = |x: &Tensor| x.flatten(2, 3).transpose(1, 2);
        let (asked, heard) = (in_line(asked), in_line(heard));
        let Attention { query, key, value, .. } = &self.attention;
        let new = [query.linear(&asked), key.linear(&heard), value.linear(&heard)];
        let made =
            if self.recent.is_some() { self.zen_step(&new, position) } else { self.hear([&new[0], &new[1], &new[2]]) };
        made.transpose(1, 2).unsqueeze(3)
    }

    fn zen_step(&mut self, new: &[Tensor; 3], position: i64) -> Tensor {
        let (Some(zen), Some(recent)) = (&self.attention.zen, &mut self.recent) else { return new[0].shallow_clone() };
        let factor = zen.factor();
        for (recent, new) in recent.iter_mut().zip(new) {
            *recent = Tensor::cat(&[&recent.narrow(1, 1, factor - 1), new], 1);
        }
        if position % factor == 0 {
            let [query, key, value] = [zen.query.one(&recent[0]), zen.key.one(&recent[1]), zen.value.one(&recent[2])];
            let made = self.hear([&query, &key, &value]);
            self.spread = self.attention.zen.as_ref().map(|zen| zen.spread_one(&made));
        }
        let spread = self.spread.as_ref().map(|spread| spread.narrow(1, position % factor, 1));
        spread.unwrap_or_else(|| new[0].zeros_like())
    }
}

/// A block and what it has heard.
#[derive(Debug)]
struct BlockSteps {
    gated: Vec<GatedSteps>,
    key: Gated<Layer>,
    query: Gated<Layer>,
    attention: AttentionSteps,
    out: Gated<Layer>,
}

impl BlockSteps {
    fn new(block: &Block, clips: i64, model: &PixelSnail, device: Device) -> Self {
        let (rows, columns) = model.shape;
        let channels = model.head.weight().size()[1];
        let heard = || Rows::new(clips, channels, model.kernel, columns, device);
        let gated = |block: &Gated<Causal>| GatedSteps { block: block.fixed(), heard: [heard(), heard()] };
        Self {
            gated: block.gated.iter().map(gated).collect(),
            key: block.key.fixed(),
            query: block.query.fixed(),
            attention: AttentionSteps::new(block.attention.fixed(), clips, rows * columns, device),
            out: block.out.fixed(),
        }
    }

    fn next_row(&mut self) {
        self.gated.iter_mut().flat_map(|gated| &mut gated.heard).for_each(Rows::next_row);
    }

    fn step(&mut self, x: &Tensor, place: &Tensor, class: &Tensor, (position, column): (i64, i64)) -> Tensor {
        let made = self.gated.iter_mut().fold(x.shallow_clone(), |x, gated| gated.step(&x, class, column));
        let heard = self.key.forward(&Tensor::cat(&[x, &made, place], 1), None, 0.0);
        let asked = self.query.forward(&Tensor::cat(&[&made, place], 1), None, 0.0);
        let attended = self.attention.step(&asked, &heard, position);
        self.out.forward(&made, Some(&attended), 0.0)
    }
}

/// The convolution that enters the codes, as rows of a table that are added: a window of codes above or left of a position.
#[derive(Debug)]
struct Enter {
    /// `[tap · code, channel]`.
    table: Tensor,
    bias: Option<Tensor>,
    height: i64,
    width: i64,
    codes: i64,
}

impl Enter {
    fn new(layer: &Layer) -> Self {
        let weight = layer.weight().detach();
        let size = weight.size();
        let table = weight.permute([2, 3, 1, 0]).reshape([-1, size[0]]);
        Self { table, bias: layer.bias().map(Tensor::detach), height: size[2], width: size[3], codes: size[1] }
    }

    /// The result whose window's last row is `last_row` and first column is `first_column`; codes outside the map count nothing.
    fn at(&self, codes: &Tensor, last_row: i64, first_column: i64) -> Tensor {
        let size = codes.size();
        let first_row = (last_row + 1 - self.height).max(0);
        let (left, right) = (first_column.max(0), (first_column + self.width).min(size[2]));
        let window = codes.narrow(1, first_row, last_row + 1 - first_row).narrow(2, left, right - left);
        let tap = |row: i64, column: i64| (row + self.height - 1 - last_row) * self.width + column - first_column;
        let offsets: Vec<i64> = (first_row..=last_row)
            .flat_map(|row| (left..right).map(move |column| tap(row, column) * self.codes))
            .collect();
        let places = window.flatten(1, 2) + Tensor::from_slice(&offsets).to_device(codes.device());
        let rows = Tensor::embedding(&self.table, &places, -1, false, false);
        let sum = rows.sum_dim_intlist([1i64].as_slice(), false, Kind::Float);
        self.bias.as_ref().map_or_else(|| sum.shallow_clone(), |bias| &sum + bias)
    }
}

/// The network and what it has heard of some clips.
#[derive(Debug)]
pub struct Stepwise {
    above: Enter,
    left: Enter,
    blocks: Vec<BlockSteps>,
    head: Layer,
    /// `[clip, 2, row, column]`.
    places: Tensor,
    /// `[clip, 1, row, column]`.
    class_maps: Tensor,
    channels: i64,
    side: i64,
}

impl Stepwise {
    /// Before the first position of clips of these maps of classes.
    pub fn new(model: &PixelSnail, class_maps: &Tensor, device: Device) -> Self {
        let clips = class_maps.size()[0];
        Self {
            above: Enter::new(&model.above),
            left: Enter::new(&model.left),
            blocks: model.blocks.iter().map(|block| BlockSteps::new(block, clips, model, device)).collect(),
            head: model.head.fixed(),
            places: model.places(clips, model.shape.0),
            class_maps: class_maps.shallow_clone(),
            channels: model.head.weight().size()[1],
            side: model.kernel / 2,
        }
    }

    /// Scores of the codes, `[clip, code]`, at a position whose predecessors in `codes`, `[clip, row, column]`, are given. Positions come in
    /// raster order.
    pub fn step(&mut self, codes: &Tensor, row: i64, column: i64) -> Tensor {
        let size = codes.size();
        if column == 0 && row > 0 {
            self.blocks.iter_mut().for_each(BlockSteps::next_row);
        }
        let mut x = Tensor::zeros([size[0], self.channels], (Kind::Float, codes.device()));
        if row > 0 {
            x += self.above.at(codes, row - 1, column - self.side);
        }
        if column > 0 {
            x += self.left.at(codes, row, column - self.side);
        }
        let at = |map: &Tensor| map.narrow(2, row, 1).narrow(3, column, 1);
        let (place, class) = (at(&self.places), at(&self.class_maps));
        let mut x = x.unsqueeze(2).unsqueeze(3);
        for block in &mut self.blocks {
            x = block.step(&x, &place, &class, (row * size[2] + column, column));
        }
        self.head.conv2d(&x.elu(), 1, 0).flatten(1, 3)
    }
}
