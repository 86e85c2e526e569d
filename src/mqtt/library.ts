/** What is used of MQTT.js. */

export { connect } from "mqtt";
