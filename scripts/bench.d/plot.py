"""The plot of growth: CPU of a check by the number of tokens, as an SVG with nothing but text and lines."""

import math

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 360, 70, 30, 50, 55


def draw(points, bound, path):
    """`points`: dictionaries with `tokens` and `cpu_microseconds`; `bound`: what ten times as many may cost at most."""
    sizes = [point["tokens"] for point in points]
    costs = [point["cpu_microseconds"] for point in points]
    low, high = math.log10(min(sizes)), math.log10(max(sizes))
    most = max([*costs, costs[0] * bound]) * 1.15

    def x(size):
        return LEFT + (WIDTH - LEFT - RIGHT) * ((math.log10(size) - low) / (high - low) if high > low else 0.5)

    def y(cost):
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * cost / most

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
             'font-size="13" role="img" aria-label="CPU time of a check by the number of tokens">',
             f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
             f'<text x="{LEFT}" y="26" font-size="15">CPU time of a check, tokens drawn from all</text>']
    step = 10 ** math.floor(math.log10(most))
    step = next(unit for unit in (step / 5, step / 2, step) if most / unit <= 6)
    for number in range(int(most / step) + 1):
        at = y(number * step)
        parts.append(f'<line x1="{LEFT}" y1="{at:.1f}" x2="{WIDTH - RIGHT}" y2="{at:.1f}" stroke="#ddd"/>'
                     f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{number * step:g} µs</text>')
    for size in sizes:
        parts.append(f'<text x="{x(size):.1f}" y="{HEIGHT - BOTTOM + 22}" text-anchor="middle">{size:,}</text>')
    parts.append(f'<text x="{WIDTH / 2}" y="{HEIGHT - 12}" text-anchor="middle">tokens in the store</text>')
    limit = y(costs[0] * bound)
    parts.append(f'<line x1="{LEFT}" y1="{limit:.1f}" x2="{WIDTH - RIGHT}" y2="{limit:.1f}" stroke="#a33" '
                 f'stroke-dasharray="5 4"/><text x="{WIDTH - RIGHT}" y="{limit - 6:.1f}" text-anchor="end" '
                 f'fill="#a33">{bound:g} × of the smallest</text>')
    line = " ".join(f"{x(point['tokens']):.1f},{y(point['cpu_microseconds']):.1f}" for point in points)
    parts.append(f'<polyline points="{line}" fill="none" stroke="#246" stroke-width="2"/>')
    for point in points:
        at, cost = x(point["tokens"]), point["cpu_microseconds"]
        parts.append(f'<circle cx="{at:.1f}" cy="{y(cost):.1f}" r="4" fill="#246"/>'
                     f'<text x="{at:.1f}" y="{y(cost) - 10:.1f}" text-anchor="middle">{cost:.1f}</text>')
    path.write_text("\n".join([*parts, "</svg>", ""]))
