/** The shaders of points and lines, and their compilation. */

export const POINT_VERTEX = `#version 300 es
in float x;
in float y;
in uint code;
in float extent;
uniform vec2 scale;
uniform vec2 offset;
uniform float size;
uniform vec2 areas;
uniform sampler2D palette;
flat out vec4 colour;
flat out float diameter;

void main() {
  colour = texelFetch(palette, ivec2(int(code), 0), 0);
  // Outside of clip space: what is fully transparent is never rasterised.
  gl_Position = colour.a > 0.0 ? vec4(vec2(x, y) * scale + offset, 0.0, 1.0) : vec4(2.0, 2.0, 2.0, 1.0);
  diameter = size * sqrt(areas.x + areas.y * extent);
  gl_PointSize = diameter;
}`;

export const POINT_FRAGMENT = `#version 300 es
precision highp float;
flat in vec4 colour;
flat in float diameter;
uniform float opacity;
uniform vec4 tint;
uniform vec3 rim;
uniform float rimFrom;
out vec4 result;

const float DISC = 2.5;   // smaller points are squares: nobody sees the difference, and it costs less

void main() {
  float alpha = colour.a * opacity;
  vec3 rgb = mix(colour.rgb, tint.rgb, tint.a);
  if (diameter > DISC) {
    float inside = (1.0 - length(gl_PointCoord * 2.0 - 1.0)) * diameter * 0.5;
    if (inside <= 0.0) discard;
    if (diameter > rimFrom) rgb = mix(rim, rgb, clamp(inside - 0.75, 0.0, 1.0));
    alpha *= min(inside, 1.0);
  }
  result = vec4(rgb * alpha, alpha);
}`;

/** A line is a strip of two triangles, drawn once per instance; the corner's number says which end and side. */
export const LINE_VERTEX = `#version 300 es
in vec2 from;
in vec2 to;
in uint code;
uniform vec2 scale;
uniform vec2 offset;
uniform vec2 pixels;      // half the screen, device pixels: clip space to pixels
uniform float width;      // device pixels
uniform sampler2D palette;
flat out vec4 colour;
out float aside;          // device pixels from the middle of the line

void main() {
  vec2 start = (from * scale + offset) * pixels;
  vec2 end = (to * scale + offset) * pixels;
  vec2 along = end - start;
  float far = length(along);
  vec2 across = far > 0.0 ? vec2(-along.y, along.x) / far : vec2(0.0);
  aside = (width * 0.5 + 1.0) * (gl_VertexID % 2 == 0 ? -1.0 : 1.0);
  vec2 place = (gl_VertexID < 2 ? start : end) + across * aside;
  colour = texelFetch(palette, ivec2(int(code), 0), 0);
  gl_Position = vec4(place / pixels, 0.0, 1.0);
}`;

export const LINE_FRAGMENT = `#version 300 es
precision highp float;
flat in vec4 colour;
in float aside;
uniform float width;
uniform float opacity;
out vec4 result;

void main() {
  float alpha = colour.a * opacity * clamp(width * 0.5 + 0.5 - abs(aside), 0.0, 1.0);
  result = vec4(colour.rgb * alpha, alpha);
}`;

/**
 * @param {WebGL2RenderingContext} gl
 * @param {string} vertex
 * @param {string} fragment
 * @returns {WebGLProgram}
 */
export function compile(gl, vertex, fragment) {
  const program = gl.createProgram();
  for (const [kind, source] of /** @type {[number, string][]} */ ([
    [gl.VERTEX_SHADER, vertex],
    [gl.FRAGMENT_SHADER, fragment],
  ])) {
    const shader = /** @type {WebGLShader} */ (gl.createShader(kind));
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    throw new Error(`The map's shaders do not link: ${gl.getProgramInfoLog(program)}`);
  }
  return program;
}
