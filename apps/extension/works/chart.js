//! Charts on a canvas (Chart.js) from a guest's data: numbers and words, and nothing of it is ever a function or an option of the library.
import { ArcElement, BarController, BarElement, CategoryScale, Chart, Filler, Legend, LineController, LineElement, LinearScale, PieController, PointElement, ScatterController, Title, Tooltip } from 'chart.js';
import { el } from './dom.js';
import { word } from './word.js';

Chart.register(ArcElement, BarController, BarElement, CategoryScale, Filler, Legend, LineController, LineElement, LinearScale, PieController, PointElement, ScatterController, Title, Tooltip);

const POINTS_MAX = 20_000;
const SERIES_MAX = 20;
const TYPES = { line: 'line', area: 'line', bar: 'bar', scatter: 'scatter', pie: 'pie' };
// Told apart also by who does not see red and green; the first is the accent of these pages.
const LIGHT = ['#0b6a6b', '#c2571a', '#4a5fb5', '#a8327a', '#7a6a00', '#3d7a34', '#7b4fa3', '#55605c'];
const DARK = ['#5cc5bd', '#f0a368', '#98a8f2', '#e58cc0', '#d9c75a', '#8fcf84', '#c3a0e8', '#9ba8a3'];

const dark = matchMedia('(prefers-color-scheme: dark)');
const drawn = new Set();
dark.addEventListener('change', () => {
  for (const one of drawn) if (one.canvas.isConnected) one.draw(); else drawn.delete(one);
});

/** An element, or null: it is no chart. */
export function chart(spec) {
  const read = checked(spec);
  if (!read) return null;
  const words = `${spec.type} chart${read.title ? `: ${read.title}` : ''}; ${read.series.map(({ name, y }) => `${name || 'values'}, ${y.length} points`).join('; ')}`;
  const canvas = el('canvas', { role: 'img', 'aria-label': words, data: { testid: 'chart' } });
  const one = {
    canvas,
    made: null,
    draw() {
      this.made?.destroy();
      this.made = new Chart(canvas, config(read));
    },
  };
  drawn.add(one);
  // It is drawn when it has a size.
  requestAnimationFrame(() => canvas.isConnected && one.draw());
  return el('div', { class: 'chart' }, canvas);
}

function checked(spec) {
  if (!Object.hasOwn(TYPES, spec?.type) || !Array.isArray(spec.series) || spec.series.length === 0) return null;
  const series = spec.series.slice(0, SERIES_MAX).map((one) => ({ name: words(one?.name), y: (Array.isArray(one?.y) ? one.y : []).slice(0, POINTS_MAX).map(point) }));
  const x = Array.isArray(spec.x) ? spec.x.slice(0, POINTS_MAX).map((value) => (typeof value === 'number' ? value : words(value))) : null;
  return { type: spec.type, title: words(spec.title), xTitle: words(spec.xTitle), yTitle: words(spec.yTitle), x, series };
}

const words = (value) => word(value, 200);
const number = (value) => (typeof value === 'number' && Number.isFinite(value) ? value : null);
const point = (value) => (Array.isArray(value) ? [typeof value[0] === 'number' ? value[0] : words(value[0]), number(value[1])] : number(value));

function config({ type, title, xTitle, yTitle, x, series }) {
  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const palette = dark.matches ? DARK : LIGHT;
  const colour = (at) => palette[at % palette.length];
  const [ink, soft, line, surface] = ['--ink', '--ink-soft', '--line', '--surface'].map(style);
  const isPie = type === 'pie';
  const isNumeric = type === 'scatter' || (!isPie && type !== 'bar' && series.some(({ y }) => y.some(Array.isArray))) || (type !== 'bar' && !isPie && x?.every((value) => typeof value === 'number'));
  const length = Math.max(...series.map(({ y }) => y.length));
  const labels = x ?? Array.from({ length }, (_, at) => String(at + 1));
  const xy = (value, at) => (Array.isArray(value) ? { x: value[0], y: value[1] } : { x: x ? x[at] : at, y: value });
  const many = length > 60;
  const datasets = series.map(({ name, y }, at) => ({
    label: name || 'values',
    data: isNumeric ? y.map(xy) : y.map((value) => (Array.isArray(value) ? value[1] : value)),
    borderColor: isPie ? surface : colour(at),
    backgroundColor: isPie ? y.map((_, slice) => colour(slice)) : type === 'area' ? `${colour(at)}40` : type === 'bar' || type === 'scatter' ? colour(at) : colour(at),
    borderWidth: type === 'bar' ? 0 : 2,
    borderRadius: type === 'bar' ? 3 : 0,
    pointRadius: type === 'scatter' ? 3.5 : many ? 0 : 2.5,
    fill: type === 'area' ? 'origin' : false,
    tension: 0,
  }));
  const font = { family: style('--sans'), size: 12 };
  const axis = (text, kind) => ({
    type: kind, title: { display: text !== '', text, color: soft, font }, ticks: { color: soft, font, maxRotation: 40, autoSkip: true }, grid: { color: line, drawTicks: false }, border: { color: line },
  });
  return {
    type: TYPES[type],
    data: { labels: isNumeric ? undefined : labels.map(String), datasets },
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      locale: navigator.language,
      interaction: { mode: type === 'scatter' || isPie ? 'nearest' : 'index', intersect: type === 'scatter' || isPie },
      plugins: {
        title: { display: title !== '', text: title, color: ink, font: { ...font, size: 14, weight: 600 }, padding: { bottom: 10 } },
        legend: { display: isPie || series.length > 1 || series[0].name !== '', position: isPie ? 'right' : 'bottom', labels: { color: ink, font, boxWidth: 12, boxHeight: 12 } },
        tooltip: { backgroundColor: ink, titleColor: surface, bodyColor: surface, titleFont: font, bodyFont: font, cornerRadius: 6 },
      },
      scales: isPie ? {} : { x: axis(xTitle, isNumeric ? 'linear' : 'category'), y: { ...axis(yTitle, 'linear'), beginAtZero: type === 'bar' || type === 'area' } },
    },
  };
}
