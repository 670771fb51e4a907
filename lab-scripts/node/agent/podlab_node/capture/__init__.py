"""Packet capture: says who saw a packet, where and how."""
